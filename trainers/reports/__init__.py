"""Reports of predictions against labels: tables shaped like the papers', plots, and every figure as JSON."""

from trainers.reports.comparison import Comparison
from trainers.reports.content import Report
from trainers.reports.folder import check_folder, write_report
from trainers.reports.report import make_report
from trainers.reports.tested import protocol_name, rows_tested

__all__ = [
    "Comparison",
    "Report",
    "check_folder",
    "make_report",
    "protocol_name",
    "rows_tested",
    "write_report",
]
