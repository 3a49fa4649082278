"""Dataset names of the Run Registry and the reconstruction they tell."""

from runregistry.exceptions import DatasetWithoutReconstruction


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
