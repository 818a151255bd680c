/* SPDX-License-Identifier: MIT */
/* labels.csv, written and read. The header line and the number of columns are checked, so that no other CSV passes. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "labels.h"

#define HEADER "kind,start_s,end_s,peak_n,count"
#define DETAILS                                                                                                        \
	"impulse_ns,first_contact_s,breath_per_min,breath_pct,relax_pct,softening_s,dips,passes,travel_mm,rate_hz,"    \
	"reversals_s"

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

struct label_details *label_details_new(void)
{
	struct label_details *d = calloc(1, sizeof(*d));

	for (unsigned i = 0; d && i < _LABEL_NUMBERS; i++)
		d->number[i] = NAN;
	return d;
}

struct label_details *label_details_free(struct label_details *d)
{
	if (d)
		free(d->reversal_s);
	free(d);
	return NULL;
}

int label_details_add_reversal(struct label_details *d, double t_s)
{
	return ARRAY_ADD(d->reversal_s, d->reversals, d->reversals_size, t_s);
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
	for (size_t i = 0; i < l->count; i++)
		label_details_free(l->item[i].details);
	free(l->item);
	*l = (struct labels){ 0 };
}

/* The columns of the details, each with its comma in front; all empty where nobody told. */
static void write_details(const struct label_details *d, FILE *out)
{
	for (unsigned i = 0; i < _LABEL_NUMBERS; i++) {
		fputc(',', out);
		if (d && isfinite(d->number[i]))
			fprintf(out, "%.10g", round(d->number[i] * 1e4) / 1e4);
	}
	fputc(',', out);
	for (size_t i = 0; d && i < d->reversals; i++)
		fprintf(out, "%s%.4f", i > 0 ? ";" : "", d->reversal_s[i]);
}

int labels_write(const struct labels *l, const char *path, bool details)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	int error = 0;

	if (!out)
		return -errno;
	fputs(details ? HEADER "," DETAILS "\n" : HEADER "\n", out);
	for (size_t i = 0; i < l->count; i++) {
		fprintf(out, "%s,%.4f,%.4f,%.2f,%u", kind_names[l->item[i].kind], l->item[i].start_s, l->item[i].end_s,
			l->item[i].peak_n, l->item[i].count);
		if (details)
			write_details(l->item[i].details, out);
		fputc('\n', out);
	}
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

/* Takes the last field: numbers with semicolons between them, or nothing. 0 or a negative errno. */
static int take_reversals(char *at, struct label_details *d)
{
	while (*at) {
		char *end;
		double t_s = strtod(at, &end);

		if (end == at || !isfinite(t_s) || (*end != '\0' && (*end != ';' || end[1] == '\0')))
			return -EINVAL;
		if (label_details_add_reversal(d, t_s) < 0)
			return -ENOMEM;
		at = *end ? end + 1 : end;
	}
	return 0;
}

/* Takes the columns of the details, empty fields being none. Returns NULL, or what is wrong with them. */
static const char *take_details(char *at, struct label_details *d)
{
	for (unsigned i = 0; i < _LABEL_NUMBERS; i++) {
		if (!at)
			return "want the fields " DETAILS;
		if (*at == ',')
			at++;
		else if (take_number(&at, &d->number[i]) < 0)
			return "one of the fields " DETAILS " is no number";
	}
	if (!at)
		return "want the fields " DETAILS;
	return take_reversals(at, d) < 0 ? "reversals_s: want seconds with ; between them" : NULL;
}

/* Reads one line without its end into *ret, whose details the caller frees. Returns NULL, or what is wrong with it. */
static const char *parse_line(char *line, bool details, struct label *ret)
{
	char *at = strchr(line, ',');
	double count;

	*ret = (struct label){ 0 };
	if (!at)
		return "no comma, want " HEADER;
	*at++ = '\0';
	if (label_kind_from_str(line, &ret->kind) < 0)
		return "unknown kind, use hold, roll, press, tap, impact or percussion";
	if (take_number(&at, &ret->start_s) < 0 || take_number(&at, &ret->end_s) < 0 ||
		take_number(&at, &ret->peak_n) < 0 || take_number(&at, &count) < 0 || (at && !details))
		return "want four numbers after the kind: " HEADER;
	if (ret->end_s < ret->start_s)
		return "end_s lies before start_s";
	if (count < 0 || count > 1e6 || count != floor(count))
		return "count is not a whole number";
	ret->count = (uint32_t)count;
	if (!details)
		return NULL;
	ret->details = label_details_new();
	return ret->details ? take_details(at, ret->details) : "out of memory";
}

/* Whether the header is that of a file with details, in *ret. Returns NULL, or what is wrong with it. */
static const char *parse_header(const char *line, bool *ret)
{
	*ret = strcmp(line, HEADER "," DETAILS) == 0;
	return *ret || strcmp(line, HEADER) == 0 ? NULL : "this is no labels file, want the header " HEADER;
}

/* Reads the lines after the header. *line_number is that of the last one read, *ret_wrong what is wrong with it. */
static int read_items(FILE *in, bool details, struct labels *l, unsigned *line_number, const char **ret_wrong)
{
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	while (r == 0 && getline(&line, &size, in) >= 0) {
		struct label label;

		++*line_number;
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0')
			continue;
		*ret_wrong = parse_line(line, details, &label);
		r = *ret_wrong ? -EINVAL : labels_add(l, &label);
		if (r < 0)
			label_details_free(label.details);
	}
	free(line);
	if (r == 0 && ferror(in))
		r = -EIO;
	return r;
}

static int read_lines(FILE *in, struct labels *l, unsigned *line_number, const char **ret_wrong)
{
	char *line = NULL;
	size_t size = 0;
	bool details = false;

	*line_number = 1;
	if (getline(&line, &size, in) < 0) {
		*ret_wrong = "the file is empty, want the header " HEADER;
	} else {
		line[strcspn(line, "\r\n")] = '\0';
		*ret_wrong = parse_header(line, &details);
	}
	free(line);
	return *ret_wrong ? -EINVAL : read_items(in, details, l, line_number, ret_wrong);
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
