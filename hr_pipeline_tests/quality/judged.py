"""A context, and documents that say what it holds."""

from hr_pipeline.rjdb.contexts import Context, Experience, Shortened, Swap

CONTEXT = Context(
    context_id="c00001-00002-0",
    cluster_id="c00001",
    occupation="Pastry cook",
    category="manual labor",
    split="train",
    skills=("choux pastry", "sugar work", "oven care"),
    experiences=(
        Experience("Pastry cook", 4, 2019, 2023),
        Experience("Dish washer", 1, 2018, 2019),
    ),
    first_name="Zoé",
    gender="female",
    name_group="Europe",
    removed_skills=("sugar work",),
    swaps=(Swap("sugar work", "stock taking"),),
    shortened=Shortened("Pastry cook", 4, 2),
)

JOB_DESCRIPTION = """## Job title
Pastry cook

## Job Summary
Our bakery hires a Pastry cook who is at home with sugar work.

## Required Skills
- choux pastry
- sugar work
- oven care

## Required Experience
- 4 years as a Pastry cook
- 1 year as a Dish washer

## Responsibilities
- Fill the counter before the doors open
"""

RESUME = """## Personal Information
Name: Zoé Quist
Email: zoe@example.com

## Education
Evening school for bakers

## Skills
- choux pastry
- sugar work
- oven care

## Experience
- Pastry cook (2019 - 2023)
- Dish washer (2018 - 2019)
"""
