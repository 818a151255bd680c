/* SPDX-License-Identifier: MIT */
/* A growing array: pointer, count and size as three members of whoever owns it. */
#ifndef TOOL_ARRAY_H
#define TOOL_ARRAY_H

#include <errno.h>
#include <stdlib.h>

/* Makes room for one more item of item_size bytes. Returns the array (moved, perhaps) or NULL when out of memory. */
static inline void *array_room(void *items, size_t count, size_t *size, size_t item_size)
{
	size_t bigger = *size ? *size * 2 : 16;
	void *moved;

	if (count < *size)
		return items;
	moved = reallocarray(items, bigger, item_size);
	if (moved)
		*size = bigger;
	return moved;
}

/* Appends value to owner->items, whose members count and size are named. 0 or -ENOMEM. */
#define ARRAY_ADD(items, count, size, value)                                                                           \
	({                                                                                                             \
		void *room_ = array_room((items), (count), &(size), sizeof(*(items)));                                 \
		if (room_) {                                                                                           \
			(items) = room_;                                                                               \
			(items)[(count)++] = (value);                                                                  \
		}                                                                                                      \
		room_ ? 0 : -ENOMEM;                                                                                   \
	})

#endif
