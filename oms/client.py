"""The OMS aggregation API (JSON:API): what it says of one run and one fill."""

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache

from oms.answers import Facts, Unreadable, read_facts, read_integer
from oms.exceptions import OmsApiDataInvalid, OmsApiFillNumberNotFound, OmsApiRunNumberNotFound
from oms.models import OmsFill, OmsRun, UpstreamFacts
from upstream.errors import RequestRefused, UpstreamError
from upstream.flight import AsJson, shared
from upstream.names import OMS
from upstream.service import Service

logger = logging.getLogger(__name__)

# Named otherwise in our model.
_RENAMED = {"last_lumisection_number": "lumisections"}


def run_facts(attributes: Mapping[str, Any], units: Mapping[str, Any] | None = None) -> Facts:
    """Facts of a run from attributes with OMS's names; the Run Registry's copy uses the same names and its own."""
    named = {_RENAMED.get(name, name): value for name, value in attributes.items()}
    if named.get("lumisections") is None:
        named["lumisections"] = attributes.get("ls_duration")
    return read_facts(OmsRun, named, units or {})


def _attributes_of(model: type[UpstreamFacts], *not_everywhere: str) -> str:
    """What OMS has for the columns of the model, as its `fields` parameter."""
    ours = {field.name for field in model._meta.concrete_fields if not field.name.endswith("_unit")}
    back = {ours_name: name for name, ours_name in _RENAMED.items()}
    wanted = ours - model.OUR_FIELDS - {"fill", "changed_by", *not_everywhere}
    return ",".join(sorted(back.get(name, name) for name in wanted))


RUN_FIELDS = _attributes_of(OmsRun)
# Of these an OMS has the first or the other two, and refuses what it has not.
FILL_FIELDS = _attributes_of(OmsFill, "beta_star", "beta_star_start", "beta_star_stop")
_LUMISECTION_FIELDS = "run_number,lumisection_number"
_REFUSAL_REMEMBERED = 3600  # seconds


class OmsClient:
    """Raises, besides its own OmsApi errors, the UpstreamErrors of `upstream`."""

    def __init__(self, service: Service | None = None) -> None:
        self.service = service or Service(OMS, settings.OMS_API_URL, settings.OMS_API_AUDIENCE)

    def ping(self) -> None:
        """A question as small as they come; what is answered does not matter."""
        self._get("/v1/runs", {"page[offset]": 0, "page[limit]": 1}, "run_number")

    def run(self, run_number: int) -> Facts:
        """The facts of one run with their units; OmsApiRunNumberNotFound, OmsApiDataInvalid."""
        row = self._row("runs", "run_number", run_number, fields=RUN_FIELDS)
        if row is None:
            raise OmsApiRunNumberNotFound(run_number)
        return run_facts(row["attributes"], _units(row))

    def fill(self, fill_number: int) -> Facts:
        """The facts of one fill with their units; OmsApiFillNumberNotFound, OmsApiDataInvalid."""
        row = self._row("fills", "fill_number", fill_number, fields=FILL_FIELDS)
        if row is None:
            raise OmsApiFillNumberNotFound(fill_number)
        return read_facts(OmsFill, row["attributes"], _units(row))

    def fill_of_run(self, run_number: int) -> tuple[int, Facts] | None:
        """The number and the facts of the fill whose first and last run have this one between them; OmsApiDataInvalid.

        Only a guess that saves a round trip: the run itself says which fill it belongs to.
        """
        found = self._rows(
            "fills",
            "first_run_number",
            run_number,
            operator="LE",
            fields=FILL_FIELDS,
            **{"filter[last_run_number][GE]": run_number},
        )
        number = found[0]["attributes"].get("fill_number") if found else None
        if not isinstance(number, int):
            return None
        return number, read_facts(OmsFill, found[0]["attributes"], _units(found[0]))

    def last_lumisection(self, run_number: int) -> int | None:
        """The number of the last lumisection, for runs that do not say it themselves."""
        try:
            rows = self._rows(
                "lumisections", "run_number", run_number, fields=_LUMISECTION_FIELDS, sort="-lumisection_number"
            )
        except (OmsApiDataInvalid, UpstreamError):
            logger.warning("OMS gave no lumisections of run %s", run_number)
            return None  # one missing fact must not cost all the others
        numbers = [row["attributes"].get("lumisection_number") for row in rows]
        return max((number for number in numbers if isinstance(number, int)), default=None)

    def _row(self, resource: str, key: str, number: int, fields: str) -> dict[str, Any] | None:
        """The one row about `number`, or None. A row about something else is never taken for it."""
        rows = self._rows(resource, key, number, fields=fields)
        if not rows:
            return None
        try:
            answered = read_integer(rows[0]["attributes"].get(key))
        except Unreadable:
            answered = None
        if answered != number:
            raise OmsApiDataInvalid(f"{resource.removesuffix('s')} {number}")
        return rows[0]

    def _rows(
        self, resource: str, key: str, number: int, *, fields: str, operator: str = "EQ", **more: Any
    ) -> list[dict[str, Any]]:
        """At most one row. All who want the same at the same moment share one request."""
        params = {f"filter[{key}][{operator}]": number, "page[offset]": 0, "page[limit]": 1, **more}

        def ask() -> list[dict[str, Any]]:
            answer = self._get(f"/v1/{resource}", params, fields)
            rows = answer.get("data") if isinstance(answer, dict) else None
            try:
                return _as_rows(rows)
            except ValueError as exc:
                raise OmsApiDataInvalid(f"{resource.removesuffix('s')} {number}") from exc

        return shared(
            self.service.name,
            f"oms:{self.service.base_url}:{resource}:{key}:{operator}:{number}",
            ask,
            (UpstreamError, OmsApiDataInvalid),
            as_json=AsJson(lambda rows: rows, _as_rows),
        )

    def _get(self, path: str, params: dict[str, Any], fields: str) -> Any:
        """Only the attributes we keep, unless this OMS refuses one of them: then all it has."""
        refuses_fields = f"oms-refuses-fields:{self.service.base_url}{path}"
        if cache.get(refuses_fields):
            return self.service.get(path, params)
        try:
            return self.service.get(path, {**params, "fields": fields})
        except RequestRefused:
            answer = self.service.get(path, params)
            cache.set(refuses_fields, True, _REFUSAL_REMEMBERED)
            return answer


def _as_rows(kept: Any) -> list[dict[str, Any]]:
    """Raises ValueError."""
    if not isinstance(kept, list) or not all(_is_row(row) for row in kept):
        raise ValueError("no rows of OMS")
    return kept


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("attributes"), dict)


def _units(row: dict[str, Any]) -> dict[str, str]:
    """`meta.row.<attribute>.units`; a row's meta may be null or lack the attribute."""
    meta = row.get("meta")
    described = meta.get("row") if isinstance(meta, dict) else None
    if not isinstance(described, dict):
        return {}
    return {name: entry["units"] for name, entry in described.items() if isinstance(entry, dict) and entry.get("units")}
