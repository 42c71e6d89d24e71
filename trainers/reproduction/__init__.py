"""A paper's experiment, run whole: its corpora, its networks, its tables and figures, and what came of it.

`papers` lists the papers; what they share is here. `request` is what the user asks for, `open_corpora`
renders the corpora where none are named, `runs` trains every network that is not trained yet, `progress`
shows how far it is. What is particular to a paper is in its own package, such as
`trainers.pose_dependent.reproduction`.
"""
