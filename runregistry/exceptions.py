"""What the Run Registry's answers can mean for a certification."""

from upstream.errors import TELL
from upstream.names import RUN_REGISTRY


class RunRegistryError(Exception):
    """The Run Registry answered, but has not what was asked for. `str()` is one sentence for the shifter."""

    service = RUN_REGISTRY
    advice = ""


class RunRegistryNoAvailableDatasets(RunRegistryError):
    advice = "Check the number; it may get datasets later."

    def __init__(self, run_number: int) -> None:
        self.run_number = run_number
        super().__init__(f"The Run Registry has no dataset of run {run_number} yet.")


class RunRegistryReconstructionNotFound(RunRegistryError):
    """`available`: the reconstructions that the run does have."""

    def __init__(self, run_number: int, reco: str, available: list[str]) -> None:
        self.run_number = run_number
        self.available = available
        has = f" It has: {', '.join(available)}." if available else ""
        super().__init__(f"The Run Registry has no {reco} dataset of run {run_number} yet.{has}")


class DatasetNotOfRun(RunRegistryError):
    def __init__(self, run_number: int, name: str) -> None:
        super().__init__(f"“{name[:255]}” is not a dataset of run {run_number} in the Run Registry.")


class DatasetWithoutReconstruction(RunRegistryError):
    def __init__(self, name: str) -> None:
        super().__init__(f"The name “{name[:255]}” does not tell a reconstruction that can be certified.")


class RunRegistryDataInvalid(RunRegistryError):
    advice = TELL

    def __str__(self) -> str:
        return "The Run Registry answered in a form that can't be trusted."
