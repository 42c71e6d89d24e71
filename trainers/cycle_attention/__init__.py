"""F. Zhang, T. Zhang, Mao, Duan and Xu, cycle-consistent adversarial attention transfer (CycleAT).

Expressions in the wild from few labelled faces: labelled faces of the studio are given the look of faces of
the web, and a classifier of these teaches another where to look.
"""
