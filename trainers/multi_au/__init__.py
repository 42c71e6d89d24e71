"""One network for every Action Unit: the runtime's own head, trained on aligned crops.

What Zhou et al. do for one AU (`trainers.pose_dependent`), for all at once and for a live picture: one
trunk, and a head for each pose group that gives occurrence, intensity and expression.
"""
