"""Work that goes on after the answer: the queue, the worker, and one module of job functions per domain."""
