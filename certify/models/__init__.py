from certify.models.certification import (
    COMPONENTS,
    FOR_A_PERSON,
    LONGEST_COMMENT,
    LONGEST_REASON,
    CertificationQuerySet,
    DatasetStanding,
    NotByTheWriter,
    PixelProblemSeen,
    StripProblemSeen,
    TrackerCertification,
    TrackerMap,
    TrackingProblemSeen,
    Verdict,
    today,
    writing,
)
from certify.models.claim import Claim
from certify.models.draft import Draft
from certify.models.notice import Notice
from certify.models.reconstruction import (
    CERTIFIED_RECONSTRUCTIONS,
    Dataset,
    Reconstruction,
    RunReconstruction,
)
from certify.models.round import Round
from certify.models.vocabulary import (
    BadReason,
    PixelProblem,
    StripProblem,
    TrackingProblem,
    Vocabulary,
    WordKeepsItsName,
)

__all__ = [
    "CERTIFIED_RECONSTRUCTIONS",
    "COMPONENTS",
    "FOR_A_PERSON",
    "LONGEST_COMMENT",
    "LONGEST_REASON",
    "BadReason",
    "CertificationQuerySet",
    "Claim",
    "Dataset",
    "DatasetStanding",
    "Draft",
    "NotByTheWriter",
    "Notice",
    "PixelProblem",
    "PixelProblemSeen",
    "Reconstruction",
    "Round",
    "RunReconstruction",
    "StripProblem",
    "StripProblemSeen",
    "TrackerCertification",
    "TrackerMap",
    "TrackingProblem",
    "TrackingProblemSeen",
    "Verdict",
    "Vocabulary",
    "WordKeepsItsName",
    "today",
    "writing",
]
