from tests.openruns.conftest import registry_answers

__all__ = ["registry_answers"]
