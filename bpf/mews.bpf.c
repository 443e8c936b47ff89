/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * mews.bpf.c -- the kernel side, whole: one unit made of a file per family.  They
 * are joined here and not by `bpftool gen object` because libbpf before 1.2
 * cannot link two objects that call the same kernel function.
 */
#include "dispatch.bpf.c"
#include "file.bpf.c"
#include "net.bpf.c"
#include "process.bpf.c"
#include "cred.bpf.c"
#include "calls.bpf.c"
#include "struct.bpf.c"
#include "trace.bpf.c"
#include "uring.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
