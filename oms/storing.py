"""Storing what OMS said: a refusal by the database is one more way in which an answer can't be used."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from oms.exceptions import OmsApiDataInvalid
from upstream.cleaning import REFUSED_BY_THE_DATABASE

logger = logging.getLogger(__name__)


@contextmanager
def storing(about: str) -> Iterator[None]:
    """In a transaction. `about`: "run 325000". Raises OmsApiDataInvalid; then nothing is stored."""
    try:
        with transaction.atomic():
            yield
    except REFUSED_BY_THE_DATABASE as exc:
        logger.warning("What OMS says of %s can't be stored", about, exc_info=True)
        raise OmsApiDataInvalid(about) from exc
