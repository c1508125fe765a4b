"""Shows fits and savings to people; rounding happens here and nowhere before."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from meterproof.mv_periods import MeterPeriods, PeriodTable
from meterproof_mv.claim import Verdict
from meterproof_mv.findings import Finding
from meterproof_mv.models import FittedModel
from meterproof_mv.savings import Savings

_LARGE = 1e6
"""From here on six digits would need an exponent, which no bill has."""


def show_fit(console: Console, fitted: FittedModel, energy: str) -> None:
    """Print a fit with its coefficients, statistics and findings."""
    shown = fitted.to_dict()
    coefficients = Table("coefficient", "value", "standard error", "p-value", title=f"{energy}: model {fitted.model}")
    for name, value in fitted.coefficients.items():
        error, p_value = shown["standard_errors"][name], shown["p_values"][name]
        coefficients.add_row(Text(name), f"{value:.6g}", _figure(error), _figure(p_value, ".2g"))
    console.print(coefficients)
    r2, rho = _figure(shown["r2"], ".4f"), _figure(shown["rho1"], ".2f")
    cv = _figure(shown["cv_rmse"], ".1%")
    console.print(f"n {fitted.n}, p {fitted.p}, R2 {r2}, CV(RMSE) {cv}, rho {rho}, {shown['interval']} rows")
    if fitted.candidates:
        console.print(f"chosen from {len(fitted.candidates)} candidates; such a search makes p-values optimistic")
    _show_findings(console, fitted.sufficiency)


def show_savings(console: Console, savings: Savings, verdict: Verdict, energy: str) -> None:
    """Print savings with their interval, the verdict and its findings."""
    table = Table("figure", energy, title=f"{verdict.status.value.replace('_', ' ')}")
    table.add_row("adjusted baseline", f"{savings.adjusted_baseline:,.6g}")
    table.add_row("actual", f"{savings.actual:,.6g}")
    table.add_row("avoided", f"{savings.avoided:,.6g}")
    interval = f"{_figure(savings.lower)} to {_figure(savings.upper)}"
    table.add_row(f"interval, two-sided {savings.confidence:.0%}", interval)
    table.add_row("lower bound, one-sided 90%", _figure(savings.lower_one_sided))
    table.add_row("verified", f"{verdict.verified_amount:,.6g}" if verdict.verified_amount else "none verified")
    console.print(table)
    console.print(
        f"{savings.formula.value}; rho {savings.rho:.2f}, n' {savings.n_eff:.1f}, "
        f"{savings.degrees_of_freedom:.1f} degrees of freedom"
    )
    _show_findings(console, verdict.findings)


def show_periods(console: Console, meters: Sequence[MeterPeriods], table: PeriodTable) -> None:
    """Print bills by period with the drivers beside them; what is not known whole says how many days are."""
    columns = list(table.columns)
    shown = Table("start", "end", title="bills by period")
    for name in columns:
        shown.add_column(Text(name), justify="right")
    known = {meter.column: _covered(meter) for meter in meters}
    for row, (start, end) in enumerate(zip(table.start, table.end, strict=True)):
        cells = [_amount(table.columns[name][row], known.get(name, {}).get(str(start), "")) for name in columns]
        shown.add_row(str(start), str(end), *(Text(cell) for cell in cells))
    console.print(shown)
    for meter in meters:
        found = meter.by_period
        bills, unit = len(meter.bills.end), meter.bills.unit or "no unit stated"
        basis = f", {meter.bills.basis} calorific value" if meter.bills.basis else ""
        told = (
            f"{meter.bills.meter}: {bills} bills, {unit}{basis}; {found.complete.sum()} of {len(found)} periods known"
        )
        console.print(Text(told))
        _show_findings(console, found.findings)
    _show_findings(console, table.findings)


def _covered(meter: MeterPeriods) -> dict[str, str]:
    found = meter.by_period
    counted = zip(found.start, found.days_covered, found.days, strict=True)
    return {str(start): f"{covered} of {days} days" for start, covered, days in counted}


def _amount(value: str | float, otherwise: str) -> str:
    if isinstance(value, str):
        return value
    if value != value:
        return otherwise
    return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:,.6g}"


def _figure(value: float | None, shape: str = ",.6g") -> str:
    return "none" if value is None or value != value else format(value, shape)


def _show_findings(console: Console, findings: Sequence[Finding]) -> None:
    for finding in findings:
        console.print(Text(f"{finding.severity.value:8} {finding.code}: {finding.message} [{finding.clause}]"))
