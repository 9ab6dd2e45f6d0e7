"""The offline analyst: a Korean question becomes tool calls by rules, and their results become a sentence.

``words`` holds every Korean word the rules know, ``intents`` the list of what can be asked. To teach a new question
add its words to the one and an entry to the other.
"""
