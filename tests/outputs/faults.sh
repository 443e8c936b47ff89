#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
PATH=$PATH:/usr/sbin exec python3 -B "$(dirname -- "$0")/faults.py"
