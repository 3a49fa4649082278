"""Dataset names of the Run Registry and the reconstruction they tell."""

from typing import Any

from runregistry.exceptions import DatasetWithoutReconstruction

LONGEST_NAME = 255


def is_dataset_name(name: Any) -> bool:
    """Whether a column can hold it, and nothing of it was replaced because none could."""
    is_whole = isinstance(name, str) and not {"\x00", "\ufffd"} & set(name)
    return is_whole and 0 < len(name) <= LONGEST_NAME


def is_dataset_of(reco: str, name: str) -> bool:
    try:
        return is_dataset_name(name) and get_reco_from_dataset(name) == reco
    except DatasetWithoutReconstruction:
        return False


def get_reco_from_dataset(name: str) -> str:
    """`/PromptReco/Collisions2018A/DQM` → `prompt`; the order of the tests is the rule (upstream.md).

    Raises DatasetWithoutReconstruction for `online` and whatever else names none.
    """
    lowered = name.lower()
    if "express" in lowered:
        return "express"
    if "prompt" in lowered:
        return "prompt"
    if "rereco" in lowered:
        return "rerecoul" if "UL" in name else "rereco"
    raise DatasetWithoutReconstruction(name)
