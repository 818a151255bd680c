/* SPDX-License-Identifier: MIT */
/* The table of formats, in the order of recognition. */
#include <string.h>

#include "format.h"

static const struct format *const formats[] = {
	&format_k1b,
	&format_k1,
	&format_columns,
	&format_labelled,
	&format_template,
};

const struct format *format_at(size_t i)
{
	return i < sizeof(formats) / sizeof(formats[0]) ? formats[i] : NULL;
}

const struct format *format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

const char *knead_format_name(size_t i)
{
	const struct format *format = format_at(i);

	return format ? format->name : NULL;
}

bool knead_format_known(const char *format)
{
	return strcmp(format, "auto") == 0 || format_find(format) != NULL;
}
