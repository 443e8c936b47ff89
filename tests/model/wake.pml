/* SPDX-License-Identifier: Apache-2.0
 *
 * wake.pml -- who sleeps on a ring is woken (common/ring.c: ring_publish(), ring_reader_nap(); Z1 and Z2
 * there): the writer stores the head, then looks whether the reader sleeps; the reader says that it sleeps, then looks
 * at the head.  Both are sequentially consistent.  One bell a nap; bells that come late are heard and harmless.
 */
#define FRAMES 3

byte head, tail, asleep;
chan bell = [FRAMES + 1] of { bit };

proctype writer()
{
	byte i, woken, nap;
	for (i : 1 .. FRAMES) {
		head = i;
		nap = asleep;
		if
		:: nap != 0 && nap != woken -> woken = nap; bell ! 1
		:: else
		fi
	}
}

proctype reader()
{
	byte naps, h;
	do
	:: h = head;
		if
		:: h != tail -> tail = h	/* reads them */
		:: else ->
			naps++;
			asleep = naps;
			h = head;
			if
			:: h != tail -> asleep = 0
			:: else ->
				bell ? _;	/* poll() */
				asleep = 0
			fi
		fi
	od
}

init {
	atomic { run writer(); run reader() }
	/* All are done, or sleep: nothing may be left to read. */
	timeout -> assert(tail == FRAMES)
}
