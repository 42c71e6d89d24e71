"""Z. Zhang, Zhai and Yin, "Identity-based Adversarial Training of Deep CNNs for Facial AU Recognition".

Three networks that differ in what their features are taught about who somebody is: nothing (the baseline),
to know it (joint minimisation, JM), or to forget it (the adversarial training framework, ATF).
"""
