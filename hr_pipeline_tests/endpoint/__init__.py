"""A local endpoint that speaks the OpenAI protocol and fails on demand: no network, no key."""

from hr_pipeline_tests.endpoint.process import Endpoint

__all__ = ["Endpoint"]
