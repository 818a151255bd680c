/* SPDX-License-Identifier: MIT */
/*
 * Any text as the name of a port. What is refused is refused with a sentence; what is taken for usb:... or tcp://... is taken apart
 * into what it said, put together again it means the same, and a port that is found by it says so.
 */
#include <string.h>

#include "fuzz.h"
#include "port_find.h"

/* The two halves of an address are its own affair, and reach no header. */
#include "port_tcp.c" /* NOLINT(bugprone-suspicious-include) */

/* What this file has from port.c and needs not here. */
void port_settle(struct port *p)
{
}

int port_gone(struct port *p, const char *format, ...)
{
	return PORT_E_GONE;
}

static void try_usb(const char *spec)
{
	struct port_usb usb = { 0 }, again = { 0 };
	char text[PORT_PATH_MAX];

	if (port_usb_parse(spec, &usb) != 0)
		return;
	FUZZ_CHECK(memchr(usb.serial, 0, sizeof(usb.serial)) != NULL);
	snprintf(
		text, sizeof(text), "usb:%04x:%04X%s%s", usb.vendor, usb.product, usb.serial[0] ? ":" : "", usb.serial);
	FUZZ_CHECK(port_usb_parse(text, &again) == 0 && strcmp(usb.serial, again.serial) == 0);
	FUZZ_CHECK(usb.vendor == again.vendor && usb.product == again.product);

	struct port_found found = { .path = "/dev/ttyUSB0", .usb = true, .vendor = usb.vendor, .product = usb.product };
	snprintf(found.serial, sizeof(found.serial), "%s", usb.serial);
	FUZZ_CHECK(port_usb_matches(&usb, &found));
	port_find_identity(&found, 1, spec, found.path, text, sizeof(text));
	FUZZ_CHECK(port_usb_parse(text, &again) == 0 && port_usb_matches(&again, &found));
}

static void try_tcp(const char *spec)
{
	char host[PORT_PATH_MAX], service[8], again_host[PORT_PATH_MAX], again_service[8], text[PORT_PATH_MAX + 16];
	char why[400] = "";
	struct addrinfo *addresses = NULL;
	long number;

	if (port_tcp_check(spec, why, sizeof(why)) < 0) {
		FUZZ_CHECK(strncmp(why, "port ", 5) == 0);
		return;
	}
	FUZZ_CHECK(split(spec + 6, host, sizeof(host), service, sizeof(service)) == 0);
	number = strtol(service, NULL, 10);
	FUZZ_CHECK(host[0] != '\0' && number >= 1 && number <= 65535);
	snprintf(text, sizeof(text), strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, service);
	FUZZ_CHECK(split(text, again_host, sizeof(again_host), again_service, sizeof(again_service)) == 0);
	FUZZ_CHECK(strcmp(host, again_host) == 0 && strcmp(service, again_service) == 0);
	if (resolve(host, service, AI_NUMERICHOST, &addresses) == 0)
		freeaddrinfo(addresses);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *spec = malloc(size + 1);

	FUZZ_CHECK(spec);
	memcpy(spec, data, size);
	spec[size] = '\0';
	try_usb(spec);
	if (strncmp(spec, "tcp://", 6) == 0)
		try_tcp(spec);
	free(spec);
	return 0;
}
