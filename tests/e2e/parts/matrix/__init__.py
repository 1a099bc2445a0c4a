# SPDX-License-Identifier: Apache-2.0
"""The fault matrix of split mail: what is tried, the servers and the client that try it, and the
ledger that follows every recipient's copy.

cases -> run (hop, client, disk) -> evidence -> ledger"""
