/* SPDX-License-Identifier: Apache-2.0
 *
 * crash_trigger.c -- opens /etc/shadow for reading and ends.  Its words are its mark.
 */
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	_exit(open("/etc/shadow", O_RDONLY | O_CLOEXEC) == -1);
}
