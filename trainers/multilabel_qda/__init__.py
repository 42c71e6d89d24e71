"""Ghosh, Laksana, Scherer and Morency, "A Multi-label CNN Approach to Cross-Domain AU Detection" (2015).

A small network learns all Action Units together by one softmax over them; what its last layer says is decided
upon by a quadratic discriminant for each AU.
"""
