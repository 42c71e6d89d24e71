"""Figures of labels against predictions, per Action Unit, with confidence intervals over subjects.

Papers are cited here and in `trainers.protocols` by their first authors:

    Ghosh et al.     A Multi-label CNN Approach to Cross-Domain Action Unit Detection (ACII 2015)
    Wang et al.      adversarial semi-supervised AU recognition (Wang, Chang, Peng and Pan)
    F. Zhang et al.  Facial Expression Recognition in the Wild: A Cycle-Consistent Adversarial Attention
                     Transfer Approach (ACM Multimedia 2018)
    Z. Zhang et al.  Identity-based Adversarial Training of Deep CNNs for Facial Action Unit Recognition
                     (Zhang, Zhai and Yin)
    Zhou et al.      Pose-independent Facial Action Unit Intensity Regression Based on Multi-task Deep
                     Transfer Learning (FG 2017)
"""

from trainers.metrics.co_occurrence import (
    conditional,
    conditional_distance,
    marginal,
    marginal_distance,
    mean_off_diagonal,
    phi,
    with_neutral,
)
from trainers.metrics.confidence import Bootstrap, bootstrap
from trainers.metrics.expressions import class_accuracy, confusion, mean_accuracy
from trainers.metrics.intensity import false_alarms, icc, mae, pcc, rmse
from trainers.metrics.metric import Metric, counted
from trainers.metrics.occurrence import accuracy, decide, f1, precision, recall
from trainers.metrics.paired import difference
from trainers.metrics.ranking import auc, two_afc
from trainers.metrics.rater_agreement import Intraclass, intraclass
from trainers.metrics.views import ViewAgreement, by_group, view_agreement

__all__ = [
    "Bootstrap",
    "Intraclass",
    "Metric",
    "ViewAgreement",
    "accuracy",
    "auc",
    "bootstrap",
    "by_group",
    "class_accuracy",
    "conditional",
    "conditional_distance",
    "confusion",
    "counted",
    "decide",
    "difference",
    "f1",
    "false_alarms",
    "icc",
    "intraclass",
    "mae",
    "marginal",
    "marginal_distance",
    "mean_accuracy",
    "mean_off_diagonal",
    "pcc",
    "phi",
    "precision",
    "recall",
    "rmse",
    "two_afc",
    "view_agreement",
    "with_neutral",
]
