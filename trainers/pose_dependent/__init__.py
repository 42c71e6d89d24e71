"""The FERA-2017 system whose shape the runtime has.

Zhou, Pi and Shi, "Pose-independent Facial Action Unit Intensity Regression Based on Multi-task Deep Transfer
Learning" (FG 2017). `preparation` makes its pictures; `networks` and `objective` are its models and what they
minimise, `stages` the order in which their parts train; `filtering` and `mixing` is what becomes of their
estimates; `tables`, `agreement` and `receptive_fields` are its analyses, `published` its own figures.
"""
