"""Wang, Chang, Peng and Pan, adversarial semi-supervised recognition of facial Action Units.

A recogniser learns from faces some of which nobody labelled: besides the labels that are there it is taught
to say, of all faces, what a discriminator cannot tell from labels.
"""
