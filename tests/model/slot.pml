/* SPDX-License-Identifier: Apache-2.0
 *
 * slot.pml -- position, counters and notes in two slots by turns (common/ring.c: slot_write()), read by the
 * peer at any time and after the owner died at any step: what is believed fits the position, and what a dead
 * owner left is always believed.
 */
#define TURNS 4

byte begin[2], position[2], counts[2], notes[2], end[2];
byte word, in_force;	/* one store */
bool is_dead;

/* Slot 0 says position 0 from the beginning. */
proctype owner()
{
	byte i = 1, s;
	do
	:: i <= TURNS ->
		s = 1 - in_force;
		begin[s] = i;
		position[s] = i;
		counts[s] = 10 * i;
		notes[s] = 20 * i;
		end[s] = i;
		atomic { word = i; in_force = s };
		i++
	:: i > TURNS -> break
	od unless { is_dead };
	is_dead = true
}

proctype reaper()
{
	is_dead = true
}

proctype peer()
{
	byte p, s, e, q, x, y, a, looks;
	bool was_dead;
	do
	:: looks < 2 ->
		was_dead = is_dead;
		atomic { p = word; s = in_force };
		e = end[s];
		q = position[s];
		x = counts[s];
		y = notes[s];
		a = begin[s];
		if
		:: e == a && q == p -> assert(x == 10 * p && y == 20 * p)
		:: else -> assert(!was_dead)
		fi;
		looks++
	:: looks == 2 -> break
	od
}

init { atomic { run owner(); run reaper(); run peer() } }
