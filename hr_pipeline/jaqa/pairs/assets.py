"""JA-QA itself: question-answer pairs, and what they hold."""
