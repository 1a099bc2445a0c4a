# SPDX-License-Identifier: Apache-2.0
"""The real parts that the end-to-end tests, the demo and the benchmark put around postseal: private
servers on loopback, with directories of their own, stopped at the end."""
