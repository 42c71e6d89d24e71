"""The FERA-2017 system whose shape the runtime has.

Zhou, Pi and Shi, "Pose-independent Facial Action Unit Intensity Regression Based on Multi-task Deep Transfer
Learning" (FG 2017). `networks` and `objective` are its models and what they minimise, `stages` the order in
which their parts train, `tasks` what the training loop sees of them; `filtering` and `mixing` are what
becomes of their estimates; `tables`, `agreement` and `receptive_fields` are its analyses, `published` its own
figures.

`reproduction` runs the whole experiment: it trains a network per AU and model, `held_out` asks them all,
`compared` holds their estimates against the labels, `experiment_report` puts the analyses together, `gains`
and `verdict` answer the paper's question.
"""
