"""Judgement: what a tool can do, how bad that is, and the policy and page that follow."""
