"""What all policy targets share: their description, the approximation, names, quoting, merging.

A floor below `classifier.policies`, whose modules are plugins and never import each other.
"""
