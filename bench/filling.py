# ruff: noqa: E501 – the statements read best in their own lines
"""A database as after years of shifts, made by the database itself.

Runs are certified in the order of their numbers; a quarter of all are rerecos, certified later than the rest. Some
authors, datasets, words and verdicts are rare, because it is the rare ones that a plan may search for in vain.
"""

from __future__ import annotations

from django.db import connection

# `n` counts certifications from 0; four of them, one for each reconstruction, make a run.
_STATEMENTS = """
INSERT INTO users_user (username, password, is_superuser, is_staff, is_active, first_name, last_name, email, date_joined)
SELECT 'author' || lpad(n::text, 3, '0'), '', false, false, true, '', '', '', now() FROM generate_series(0, 199) n;

INSERT INTO certify_dataset (name) SELECT '/Dataset/Era' || n || '/DQM' FROM generate_series(0, 299) n;
INSERT INTO certify_pixelproblem (name, is_retired) SELECT 'pixel word ' || n, false FROM generate_series(0, 19) n;
INSERT INTO certify_stripproblem (name, is_retired) SELECT 'strip word ' || n, false FROM generate_series(0, 19) n;
INSERT INTO certify_trackingproblem (name, is_retired) SELECT 'tracking word ' || n, false FROM generate_series(0, 19) n;

INSERT INTO oms_omsrun (run_number, source, units, run_type, lumisections, b_field, recorded_lumi,
    recorded_lumi_unit, delivered_lumi_unit, init_lumi_unit, end_lumi_unit, components, sequence, hlt_key, l1_key,
    l1_key_stripped, l1_hlt_mode, l1_hlt_mode_stripped, l1_menu, trigger_mode, fill_type_runtime, fill_type_party1,
    fill_type_party2, clock_type, cmssw_version, era, tries)
SELECT 300000 + r, 'oms', '{}',
    CASE WHEN r %% 5000 = 7 THEN 'unknown' WHEN r %% 10 < 3 THEN 'cosmics' ELSE 'collisions' END,
    400, 3.8, 95.1, 'pb^{-1}', '', '', '', '[]', '', '/cdaq/physics', '', '', '', '', '', '', 'PROTONS', '', '', '', '', '', 0
FROM generate_series(0, %(runs)s - 1) r;

INSERT INTO certify_runreconstruction (run_id, reconstruction, is_reference)
SELECT 300000 + n / 4, (ARRAY['express', 'prompt', 'rereco', 'rerecoul'])[n %% 4 + 1], n %% (%(size)s / 200) = 0
FROM generate_series(0, %(size)s - 1) n;

INSERT INTO certify_trackercertification (run_reconstruction_id, reconstruction, dataset_id, dataset_standing, author_id, reference_runreconstruction_id,
    pixel, pixel_lowstat, strip, strip_lowstat, tracking, tracking_lowstat, trackermap, date, comment,
    external_info_complete, created_at, updated_at, version, delete_reason, deleted_at, deleted_by_id)
SELECT rr.id, rr.reconstruction, d.first + (n * 7919) %% 299, 'confirmed',
    u.first + CASE WHEN n %% 9973 = 1 THEN 199 ELSE n %% 190 END,
    CASE WHEN n %% 3 = 0 THEN NULL ELSE refs.ids[n / (%(size)s / 20) + 1] END,
    CASE WHEN n %% 13 = 0 THEN 'bad' WHEN n %% 4999 = 1 THEN 'excluded' ELSE 'good' END, n %% 25 = 1,
    CASE WHEN n %% 14 = 0 THEN 'bad' ELSE 'good' END, n %% 4801 = 1,
    CASE WHEN n %% 4999 = 2 THEN 'excluded' ELSE 'good' END, n %% 12 = 5,
    'exists', date '2016-01-01' + (n::bigint * 3650 / %(size)s)::int,
    CASE WHEN n %% 20 = 0 THEN 'Layer ' || n %% 7 || ' lost at LS ' || n ELSE '' END, n %% 40 <> 3,
    timestamptz '2016-01-01' + (n::bigint * 3650 * 86400 / %(size)s) * interval '1 second', now(), 1, '',
    CASE WHEN n %% 500 = 11 THEN now() END, CASE WHEN n %% 500 = 11 THEN u.first END
FROM (SELECT id, reconstruction, row_number() OVER (ORDER BY reconstruction IN ('express', 'prompt'), run_id, reconstruction) - 1 AS n
      FROM certify_runreconstruction) rr,
    (SELECT min(id) AS first FROM certify_dataset) d, (SELECT min(id) AS first FROM users_user) u,
    (SELECT array_agg(id ORDER BY id) AS ids FROM certify_runreconstruction WHERE is_reference) refs;

INSERT INTO certify_pixelproblemseen (certification_id, problem_id)
SELECT c.id, w.first + CASE WHEN c.id %% 9001 = 0 THEN 19 ELSE c.id %% 18 END
FROM certify_trackercertification c, (SELECT min(id) AS first FROM certify_pixelproblem) w WHERE c.pixel = 'bad';
INSERT INTO certify_stripproblemseen (certification_id, problem_id)
SELECT c.id, w.first + c.id %% 18
FROM certify_trackercertification c, (SELECT min(id) AS first FROM certify_stripproblem) w WHERE c.strip = 'bad';
"""


def fill(size: int) -> None:
    """Once: a database that is filled already stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM certify_trackercertification)")
        if cursor.fetchone()[0]:
            return
        cursor.execute(
            _STATEMENTS.replace("%%", "%").replace("%(size)s", str(size)).replace("%(runs)s", str(size // 4))
        )
        cursor.execute("VACUUM ANALYZE")
