/* SPDX-License-Identifier: MIT */
/* labels.csv, written and read. The header line and the number of columns are checked, so that no other CSV passes. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "labels.h"

#define HEADER "kind,start_s,end_s,peak_n,count"

static const char *const kind_names[_LABEL_KINDS] = { "hold", "roll", "press", "tap", "impact", "percussion" };

const char *label_kind_to_str(enum label_kind kind)
{
	return (unsigned)kind < _LABEL_KINDS ? kind_names[kind] : NULL;
}

int label_kind_from_str(const char *name, enum label_kind *ret)
{
	for (unsigned i = 0; i < _LABEL_KINDS; i++)
		if (strcmp(name, kind_names[i]) == 0) {
			*ret = (enum label_kind)i;
			return 0;
		}
	return -EINVAL;
}

int labels_add(struct labels *l, const struct label *label)
{
	return ARRAY_ADD(l->item, l->count, l->size, *label);
}

static int compare(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	if (x->start_s != y->start_s)
		return x->start_s < y->start_s ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

void labels_sort(struct labels *l)
{
	if (l->count > 1)
		qsort(l->item, l->count, sizeof(*l->item), compare);
}

void labels_deinit(struct labels *l)
{
	free(l->item);
	*l = (struct labels){ 0 };
}

int labels_write(const struct labels *l, const char *path)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	int error = 0;

	if (!out)
		return -errno;
	fputs(HEADER "\n", out);
	for (size_t i = 0; i < l->count; i++)
		fprintf(out, "%s,%.4f,%.4f,%.2f,%u\n", kind_names[l->item[i].kind], l->item[i].start_s,
			l->item[i].end_s, l->item[i].peak_n, l->item[i].count);
	errno = 0;
	if (fflush(out) != 0 || ferror(out))
		error = errno ? -errno : -EIO;
	if (out != stdout && fclose(out) != 0 && error == 0)
		error = -errno;
	return error;
}

/* Takes the number that fills the field up to the comma (or the end). 0 or -EINVAL. */
static int take_number(char **at, double *ret)
{
	char *end;
	double value;

	if (!*at)
		return -EINVAL;
	value = strtod(*at, &end);
	if (end == *at || (*end != ',' && *end != '\0') || !isfinite(value))
		return -EINVAL;
	*at = *end ? end + 1 : NULL;
	*ret = value;
	return 0;
}

/* Reads one line without its end. Returns NULL, or what is wrong with it. */
static const char *parse_line(char *line, struct label *ret)
{
	char *at = strchr(line, ',');
	double count;

	if (!at)
		return "no comma, want " HEADER;
	*at++ = '\0';
	if (label_kind_from_str(line, &ret->kind) < 0)
		return "unknown kind, use hold, roll, press, tap, impact or percussion";
	if (take_number(&at, &ret->start_s) < 0 || take_number(&at, &ret->end_s) < 0 ||
		take_number(&at, &ret->peak_n) < 0 || take_number(&at, &count) < 0 || at)
		return "want four numbers after the kind: " HEADER;
	if (ret->end_s < ret->start_s)
		return "end_s lies before start_s";
	if (count < 0 || count > 1e6 || count != floor(count))
		return "count is not a whole number";
	ret->count = (uint32_t)count;
	return NULL;
}

static int read_lines(FILE *in, struct labels *l, unsigned *line_number, const char **ret_wrong)
{
	char line[256];

	for (*line_number = 1; fgets(line, sizeof(line), in); ++*line_number) {
		struct label label;

		line[strcspn(line, "\r\n")] = '\0';
		if (*line_number == 1) {
			*ret_wrong =
				strcmp(line, HEADER) == 0 ? NULL : "this is no labels file, want the header " HEADER;
		} else if (line[0] == '\0') {
			continue;
		} else {
			*ret_wrong = parse_line(line, &label);
		}
		if (*ret_wrong)
			return -EINVAL;
		if (*line_number > 1 && labels_add(l, &label) < 0)
			return -ENOMEM;
	}
	if (*line_number == 1) {
		*ret_wrong = "the file is empty, want the header " HEADER;
		return -EINVAL;
	}
	return ferror(in) ? -EIO : 0;
}

int labels_read(const char *path, struct labels *ret, char *ret_why, size_t why_size)
{
	FILE *in = fopen(path, "re");
	struct labels l = { 0 };
	unsigned line_number = 1;
	const char *wrong = NULL;
	int error;

	if (!in) {
		error = -errno;
		snprintf(ret_why, why_size, "%s: %s", path, strerror(-error));
		return error;
	}
	error = read_lines(in, &l, &line_number, &wrong);
	fclose(in);
	if (error < 0) {
		snprintf(ret_why, why_size, "%s:%u: %s", path, line_number, wrong ? wrong : strerror(-error));
		labels_deinit(&l);
		return error;
	}
	*ret = l;
	return 0;
}
