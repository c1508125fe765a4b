"""``README.txt`` of a bundle: how a stranger with a spreadsheet checks it, without any program of ours."""

from collections.abc import Iterator

from meterproof_evidence.canonical import Json
from meterproof_evidence.layout import DATA, ROWS, csv_path
from meterproof_mv.dossier.assessment import Assessment, StreamAssessment
from meterproof_mv.dossier.plan import DAY_TYPE
from meterproof_mv.dossier.vocabulary import Grain
from meterproof_mv.uncertainty import Formula

_HEAD = """\
EVIDENCE BUNDLE
{rule}
Statement   {statement_id}, version {version}
Plant       {name} ({country})
Issued      {issued_at} by {program}
State       unsigned: issued by this program, no verifier's signature yet
{simulated}
This file holds everything that the statement was computed from. To check all of it with one command:

    pip install meterproof-evidence
    meterproof-verify {statement_id}.v{version}.zip

WHAT IS IN IT
-------------
manifest.json    every other file with its size and SHA-256 digest
statement.json   the figures of the statement, for machines
statement.pdf    the same on paper
plan.json        what people decided before anything was computed: periods, streams, drivers, options
series.json      what each file under {data} holds
factors.json     emission factors, heating values and warming potentials, each with its source
{data}*.csv       the data: intervals of meters, lines of bills and logs
{rows}*.csv       the days or months that each model compared, made from the data

CHECKING BY HAND
----------------
1. Digests. `sha256sum FILE` (Windows: `certutil -hashfile FILE SHA256`) gives what manifest.json says of the file.
2. Registers. In the file of a meter, amount = (register_end - register_start) x the worth of one count, which is the
   same in all lines of one meter. A line whose register falls went over the counter's end. A `span` is a stretch whose
   total is known and whose course is not; it is counted whole and never spread.
3. Bills and logs. amount = written x the factor between the two units (x heat content, for fuel by volume or mass).
4. Rows. Days and months are those of the plant's clock, {zone}; the instants in {data} are UTC. A day is the sum of
   the intervals that lie in it and is left empty when some of it is missing. A bill is spread evenly over its days; a
   month counts when all of its days are covered. A line of a log belongs to the day or month in which it lies.
5. The baseline. Take the lines of a file under {rows} that say `baseline` and have no empty field. Fit `actual` on the
   drivers by least squares, with an intercept: in a spreadsheet =LINEST(actual; drivers; TRUE; TRUE). A driver of words
   ({day_type}) becomes a column of 0 and 1. Without drivers the model is the mean of `actual`. The coefficients, their
   standard errors and R2 are in statement.json under streams / model.
6. The savings. Take the lines that say `reporting` and have no empty field:
       avoided = sum(expected) - sum(actual),    expected = intercept + sum(coefficient x driver)
7. The interval. X: the matrix of the baseline (a column of ones, then the drivers), n rows, p columns. s2 = sum of the
   squared residuals / (n - p). g: the sum of the m reporting rows of the same matrix. Where `formula` in
   statement.json is `{plain}`:
       variance = s2 x (m + g' inv(X'X) g),    degrees of freedom = n - p
   where it is `{lagged}`, with rho the lag-1 autocorrelation of the residuals, between 0 and 0.99:
       n' = n (1 - rho) / (1 + rho)
       variance = s2 x (m + 2 sum over k = 1..m-1 of (m - k) rho^k) + g' inv(X'X) X'RX inv(X'X) g
       with R[i,j] = s2 rho^|i-j|,    degrees of freedom = n' - p, at least 2
   (|i-j| counts rows in time, and so does k: a missing row counts too.)
       interval = avoided -+ t x sqrt(variance), t Student's at (1 + confidence) / 2
       bound for the claim = avoided - t(0.90) x sqrt(variance), rounded down
8. Tonnes. Bound x heat content (where the fuel is counted by volume or mass) x factor of each gas x its warming
   potential, over all gases; rounded down to whole tonnes at the end.

WHAT NO CHECK OF THIS FILE CAN SHOW
-----------------------------------
Whoever changes data, figures and digests together, with care, leaves nothing that contradicts anything else: until
statements are signed, take the bundle from somebody whom you trust to have had it from the issuer. Texts that no
figure follows from (remarks, costs, sources) are guarded by the digests alone, and so are this file and the paper.

STREAMS
-------
"""
_SIMULATED = "SIMULATED   the plant or its data are invented; nothing here was measured at a real plant\n"


def readme(assessment: Assessment, document: Json) -> str:
    """Return the text of ``README.txt``.

    Parameters
    ----------
    assessment : Assessment
        The figures.
    document : dict
        ``statement.json``.
    """
    plant = assessment.plant
    head = _HEAD.format(
        rule="=" * 15,
        statement_id=document["statement_id"],
        version=document["version"],
        issued_at=document["issued_at"],
        program=document["program"],
        name=plant.name,
        country=plant.country,
        zone=plant.time_zone,
        simulated=_SIMULATED if plant.simulated else "",
        data=DATA,
        rows=ROWS,
        day_type=DAY_TYPE,
        plain=Formula.INDEPENDENT.value,
        lagged=Formula.AR1.value,
    )
    return head + "".join(_stream(assessment, stream) for stream in assessment.streams)


def _stream(assessment: Assessment, stream: StreamAssessment) -> str:
    return "\n".join([*_stream_lines(assessment, stream), "", ""])


def _stream_lines(assessment: Assessment, stream: StreamAssessment) -> Iterator[str]:
    plan, every = stream.stream, "day" if stream.stream.grain is Grain.DAY else "month"
    series = {driver.name: driver.series for driver in assessment.dossier.plan.drivers}
    yield f"{plan.id}: {plan.label} [{plan.unit}], one row a {every}"
    yield f"    data     {csv_path(DATA, plan.series)}"
    yield f"    rows     {csv_path(ROWS, plan.id)}"
    for name in plan.drivers:
        yield f"    driver   {name}" + (f" from {csv_path(DATA, series[name])}" if series.get(name) else "")
    if plan.heat_content is not None:
        heat = plan.heat_content
        yield f"    heat     {heat.value} {heat.unit}, {heat.basis.value}: {heat.source}"
    for ref in plan.factors:
        yield f"    factor   {ref}"
    if stream.savings is not None:
        yield f"    avoided  {stream.savings.avoided!r} {plan.unit}, of which verified {stream.verified!r}"
