#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
exec python3 -B "$(dirname -- "$0")/brokers.py"
