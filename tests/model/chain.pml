/* SPDX-License-Identifier: Apache-2.0
 *
 * chain.pml -- two rings between three stages that die at any step, one or several at once, and come back (common/door.h,
 * common/keep.h, stage_flush(), docs/wire.md): what goes in comes out once each, in order.
 *
 * Items have their number as their name.  The first stage reads them from a source that keeps its
 * place (a ring whose writer lives), the last one brings them into a journal, which is on disk.  Between: a
 * stage publishes what it wrote, then commits what it read, with the name of the last item in its notes;
 * a writer that died is followed by one with a new ring, which the reader takes behind those that it holds, and reads when these are
 * drained and committed.  Rings that were taken, and their cursors, are the keeper's: a reader that died is followed by one that
 * has them.  A ring that nobody has taken is gone with its writer, who therefore has not committed what it wrote there.
 */
#ifndef ITEMS
#define ITEMS 3
#endif
#ifndef CRASHES
#define CRASHES 3
#endif
#define ROOM 2		      /* items a ring holds */
#define RINGS (CRASHES + 1)   /* generations */

typedef ring {
	byte item[ITEMS + 1];
	byte head;	/* published */
	byte cursor;	/* committed by the reader, in the reader's page */
	byte note;	/* with it: the last item that was dealt with */
	bool taken;	/* by a reader, and kept */
}
ring b[RINGS];		/* first stage to second */
ring c[RINGS];		/* second to third */
byte gen_b, gen_c;	/* the writers' rings */
byte on_b, on_c;	/* the rings that the readers read: the oldest that is kept */
byte source;		/* committed by the first stage */
byte crashes = CRASHES;

/* The journal: how often each item is in it, and the youngest. */
byte journal[ITEMS + 1], youngest;

/* The next ring that was taken behind ON. */
#define leave(r, on, read) \
	on++; \
	do \
	:: !r[on].taken -> on++ \
	:: else -> break \
	od; \
	read = r[on].cursor

/* The first stage: reads the source, writes b. */
byte put1, read1;
proctype first()
{
	do
	:: atomic { read1 < ITEMS && put1 - b[gen_b].cursor < ROOM ->
		read1++; b[gen_b].item[put1] = read1; put1++ }
	:: atomic { put1 != b[gen_b].head -> b[gen_b].head = put1 }
	/* never before what it read is published, and somebody holds that */
	:: atomic { source != read1 && put1 == b[gen_b].head && b[gen_b].taken -> source = read1 }
	:: atomic { crashes > 0 -> crashes--; gen_b++; put1 = 0; read1 = source }
	od
}

/* The second: reads b, writes c. */
byte read2, put2, last2;
proctype second()
{
	byte x;
	do
	:: atomic { read2 < b[on_b].head && put2 - c[gen_c].cursor < ROOM ->
		x = b[on_b].item[read2]; read2++;
		if
		:: x > last2 -> last2 = x; c[gen_c].item[put2] = x; put2++
		:: else /* it was sent again */
		fi }
	:: atomic { put2 != c[gen_c].head -> c[gen_c].head = put2 }
	:: atomic { put2 == c[gen_c].head && c[gen_c].taken && (b[on_b].cursor != read2 || b[on_b].note != last2) ->
		b[on_b].cursor = read2; b[on_b].note = last2 }
	/* the writer's ring; and when those of the dead are drained and committed they are left */
	:: atomic { !b[gen_b].taken -> b[gen_b].taken = true; b[gen_b].note = last2 }
	:: atomic { on_b != gen_b && b[gen_b].taken && read2 == b[on_b].head && b[on_b].cursor == read2 ->
		leave(b, on_b, read2) }
	:: atomic { crashes > 0 ->
		crashes--; gen_c++; put2 = 0; read2 = b[on_b].cursor; last2 = b[on_b].note }
	od
}

/* The third: reads c, writes the journal. */
byte read3, last3;
proctype third()
{
	byte x;
	do
	:: atomic { read3 < c[on_c].head ->
		x = c[on_c].item[read3]; read3++;
		if
		:: x > last3 -> last3 = x;
			if
			:: journal[x] == 0 -> journal[x]++; assert(x == youngest + 1); youngest = x
			:: else /* a predecessor put it there, and did not come to commit */
			fi
		:: else
		fi }
	:: atomic { (c[on_c].cursor != read3 || c[on_c].note != last3) ->
		c[on_c].cursor = read3; c[on_c].note = last3 }
	:: atomic { !c[gen_c].taken -> c[gen_c].taken = true; c[gen_c].note = last3 }
	:: atomic { on_c != gen_c && c[gen_c].taken && read3 == c[on_c].head && c[on_c].cursor == read3 ->
		leave(c, on_c, read3) }
	:: atomic { crashes > 0 ->
		crashes--; read3 = c[on_c].cursor; last3 = c[on_c].note }
	od
}

init {
	byte i;
	/* They have met; what is before that is the source's. */
	b[0].taken = true;
	c[0].taken = true;
	atomic { run first(); run second(); run third() }
	/* Nobody can do anything any more. */
	timeout ->
	for (i : 1 .. ITEMS) { assert(journal[i] == 1) }
	assert(source == ITEMS)
}
