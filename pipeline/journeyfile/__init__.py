"""A journey as people write it: YAML text -> rules, or every fault in it at once, each with its line.

fault.py   what is wrong where, and the nearest known name
tree.py    YAML text -> values that know their line; what YAML reads otherwise than people do is refused
shape.py   the file's shape -> the model's: groups of types, conditions by name
refs.py    names that one part uses of another
words.py   what the model refuses, in words
read.py    all of it: text -> rules
"""
