/* SPDX-License-Identifier: MIT */
/* Finding serial ports, and finding one again, in made-up trees of /dev and /sys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "port_find.h"
#include "scratch.h"

static struct port_roots roots_of(struct scratch *s)
{
	static char dev[128], sys[128], proc[128];

	snprintf(dev, sizeof(dev), "%s/dev", s->dir);
	snprintf(sys, sizeof(sys), "%s/sys", s->dir);
	snprintf(proc, sizeof(proc), "%s/proc", s->dir);
	return (struct port_roots){ .dev = dev, .sys = sys, .proc = proc };
}

/* Plugs an adapter with one tty into a bus position, as the kernel shows it. serial NULL: it has none. */
static void plug(struct scratch *s, const char *bus, const char *tty, const char *vendor, const char *product,
	const char *serial)
{
	char name[256], target[256];

	snprintf(name, sizeof(name), "sys/devices/usb1/%s/idVendor", bus);
	scratch_write(s, name, vendor);
	snprintf(name, sizeof(name), "sys/devices/usb1/%s/idProduct", bus);
	scratch_write(s, name, product);
	if (serial) {
		snprintf(name, sizeof(name), "sys/devices/usb1/%s/serial", bus);
		scratch_write(s, name, serial);
	}
	snprintf(name, sizeof(name), "sys/devices/usb1/%s/%s:1.0/%s/tty/%s/dev", bus, bus, tty, tty);
	scratch_write(s, name, "188:0\n");
	snprintf(name, sizeof(name), "sys/devices/usb1/%s/%s:1.0/%s/tty/%s/device", bus, bus, tty, tty);
	scratch_link(s, name, "../..");
	snprintf(name, sizeof(name), "sys/class/tty/%s", tty);
	snprintf(target, sizeof(target), "../../devices/usb1/%s/%s:1.0/%s/tty/%s", bus, bus, tty, tty);
	scratch_link(s, name, target);
	snprintf(name, sizeof(name), "dev/%s", tty);
	scratch_write(s, name, "");
}

static void unplug(struct scratch *s, const char *tty)
{
	char name[64];

	snprintf(name, sizeof(name), "sys/class/tty/%s", tty);
	assert_int_equal(unlink(scratch_path(s, name)), 0);
	snprintf(name, sizeof(name), "dev/%s", tty);
	assert_int_equal(unlink(scratch_path(s, name)), 0);
}

/* The first port that spec finds, without the root in front; "" when there is none. */
static const char *find(struct scratch *s, const char *spec)
{
	static char path[PORT_PATH_MAX];
	struct port_roots roots = roots_of(s);
	struct port_found *found;
	struct port_usb usb;
	size_t count;

	path[0] = '\0';
	assert_int_equal(port_usb_parse(spec, &usb), 0);
	assert_int_equal(port_find_all(&roots, &found, &count), 0);
	for (size_t i = count; i-- > 0;)
		if (port_usb_matches(&usb, &found[i]))
			snprintf(path, sizeof(path), "%s", found[i].path + strlen(s->dir));
	free(found);
	return path;
}

/* What port_find_identity() says of the tty opened as spec. */
static const char *identity(struct scratch *s, const char *spec, const char *tty)
{
	static char name[PORT_IDENTITY_MAX];
	struct port_roots roots = roots_of(s);
	struct port_found *found;
	char path[PORT_PATH_MAX];
	size_t count;

	snprintf(path, sizeof(path), "%s/%s", roots.dev, tty);
	assert_int_equal(port_find_all(&roots, &found, &count), 0);
	port_find_identity(found, count, spec ? spec : path, path, name, sizeof(name));
	free(found);
	return name;
}

static void a_usb_specification_is_taken_apart(void **state)
{
	struct port_usb usb;

	assert_int_equal(port_usb_parse("usb:0403:6001", &usb), 0);
	assert_int_equal(usb.vendor, 0x0403);
	assert_int_equal(usb.product, 0x6001);
	assert_string_equal(usb.serial, "");
	assert_int_equal(port_usb_parse("usb:1A86:7aBc:A1:B2 3", &usb), 0);
	assert_int_equal(usb.vendor, 0x1a86);
	assert_int_equal(usb.product, 0x7abc);
	assert_string_equal(usb.serial, "A1:B2 3");
}

static void a_malformed_usb_specification_is_refused(void **state)
{
	static const char *const bad[] = { "usb:", "usb:403:6001", "usb:0403", "usb:0403:600", "usb:0403:60011",
		"usb:0403:6001:", "usb:04g3:6001", "usb:0403-6001", "usb: 403:6001", "/dev/ttyUSB0", "",
		"usb:0403:6001:0123456789012345678901234567890123456789012345678901234567890123" };
	struct port_usb usb = { .vendor = 7 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(port_usb_parse(bad[i], &usb), -EINVAL);
	assert_int_equal(usb.vendor, 7);
}

static void a_port_is_found_by_vendor_and_product_before_and_after_renumbering(void **state)
{
	plug(*state, "1-1", "ttyUSB0", "0403\n", "6001\n", "A1B2\n");
	assert_string_equal(find(*state, "usb:0403:6001"), "/dev/ttyUSB0");
	unplug(*state, "ttyUSB0");
	assert_string_equal(find(*state, "usb:0403:6001"), "");
	plug(*state, "1-2", "ttyUSB1", "0403\n", "6001\n", "A1B2\n");
	assert_string_equal(find(*state, "usb:0403:6001"), "/dev/ttyUSB1");
}

static void the_serial_number_tells_twins_apart(void **state)
{
	plug(*state, "1-1", "ttyUSB0", "0403\n", "6001\n", "A1B2\n");
	plug(*state, "1-2", "ttyUSB1", "0403\n", "6001\n", "C3D4\n");
	assert_string_equal(find(*state, "usb:0403:6001:C3D4"), "/dev/ttyUSB1");
	assert_string_equal(find(*state, "usb:0403:6001:A1B2"), "/dev/ttyUSB0");
	assert_string_equal(find(*state, "usb:0403:6001:A1"), "");
	assert_string_equal(find(*state, "usb:0403:6002:A1B2"), "");
}

static void ports_come_in_the_order_of_their_numbers(void **state)
{
	struct port_roots roots = roots_of(*state);
	struct port_found *found;
	size_t count;

	plug(*state, "1-1", "ttyUSB10", "0403\n", "6001\n", NULL);
	plug(*state, "1-2", "ttyUSB2", "0403\n", "6001\n", NULL);
	assert_int_equal(port_find_all(&roots, &found, &count), 0);
	assert_int_equal(count, 2);
	assert_non_null(strstr(found[0].path, "ttyUSB2"));
	assert_non_null(strstr(found[1].path, "ttyUSB10"));
	free(found);
}

static void consoles_and_empty_slots_are_no_ports_but_an_on_board_port_is(void **state)
{
	struct port_roots roots = roots_of(*state);
	struct port_found *found;
	size_t count;

	scratch_write(*state, "sys/class/tty/tty0/dev", "4:0\n");
	scratch_write(*state, "sys/devices/platform/serial8250/modalias", "");
	scratch_link(*state, "sys/class/tty/ttyS0/device", "../../../devices/platform/serial8250");
	scratch_write(*state, "sys/class/tty/ttyS0/type", "0\n");
	scratch_link(*state, "sys/class/tty/ttyS1/device", "../../../devices/platform/serial8250");
	scratch_write(*state, "sys/class/tty/ttyS1/type", "4\n");
	assert_int_equal(port_find_all(&roots, &found, &count), 0);
	assert_int_equal(count, 1);
	assert_non_null(strstr(found[0].path, "/dev/ttyS1"));
	assert_false(found[0].usb);
	free(found);
}

static void the_by_id_link_and_the_texts_of_the_device_are_read(void **state)
{
	struct port_roots roots = roots_of(*state);
	struct port_found *found;
	size_t count;

	plug(*state, "1-1", "ttyACM0", "2341\n", "0043\n", "7\x01\n");
	scratch_write(*state, "sys/devices/usb1/1-1/product", "Uno\n");
	scratch_link(*state, "dev/serial/by-id/usb-other", "../../ttyACM9");
	scratch_link(*state, "dev/serial/by-id/usb-Arduino_Uno_7-if00", "../../ttyACM0");
	assert_int_equal(port_find_all(&roots, &found, &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(found[0].by_id + strlen(roots.dev), "/serial/by-id/usb-Arduino_Uno_7-if00");
	assert_string_equal(found[0].serial, "7?");
	assert_string_equal(found[0].name, "Uno");
	free(found);
}

static void a_system_without_sysfs_has_no_ports(void **state)
{
	struct port_roots roots = roots_of(*state);
	struct port_found *found;
	size_t count;

	assert_int_equal(port_find_all(&roots, &found, &count), 0);
	assert_int_equal(count, 0);
	assert_null(found);
}

static void a_port_with_a_serial_number_is_known_by_it(void **state)
{
	plug(*state, "1-1", "ttyUSB0", "0403\n", "6001\n", "A1B2\n");
	plug(*state, "1-2", "ttyUSB1", "0403\n", "6001\n", "C3D4\n");
	assert_string_equal(identity(*state, NULL, "ttyUSB1"), "usb:0403:6001:C3D4");
	assert_string_equal(identity(*state, "usb:0403:6001", "ttyUSB0"), "usb:0403:6001:A1B2");
}

static void a_port_without_serial_number_is_known_by_its_kind_while_it_is_alone(void **state)
{
	plug(*state, "1-1", "ttyUSB0", "1a86\n", "7523\n", NULL);
	assert_string_equal(identity(*state, NULL, "ttyUSB0"), "usb:1a86:7523");
	plug(*state, "1-2", "ttyUSB1", "1a86\n", "7523\n", NULL);
	assert_non_null(strstr(identity(*state, NULL, "ttyUSB0"), "/dev/ttyUSB0"));
	assert_string_equal(identity(*state, "usb:1a86:7523", "ttyUSB0"), "usb:1a86:7523");
}

static void two_channels_of_one_adapter_are_known_by_their_links(void **state)
{
	plug(*state, "1-1", "ttyUSB0", "0403\n", "6010\n", "A1\n");
	scratch_link(*state, "sys/class/tty/ttyUSB1", "../../devices/usb1/1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0");
	scratch_write(*state, "dev/ttyUSB1", "");
	scratch_link(*state, "dev/serial/by-id/usb-A1-if00", "../../ttyUSB0");
	scratch_link(*state, "dev/serial/by-id/usb-A1-if01", "../../ttyUSB1");
	assert_non_null(strstr(identity(*state, NULL, "ttyUSB1"), "/by-id/usb-A1-if01"));
	assert_non_null(strstr(identity(*state, NULL, "ttyUSB0"), "/by-id/usb-A1-if00"));
}

static void a_port_opened_by_a_link_is_known_by_that_link(void **state)
{
	char link[512];

	plug(*state, "1-1", "ttyUSB0", "0403\n", "6001\n", "A1B2\n");
	scratch_link(*state, "dev/ball", "ttyUSB0");
	snprintf(link, sizeof(link), "%s", scratch_path(*state, "dev/ball"));
	assert_string_equal(identity(*state, link, "ttyUSB0"), link);
}

static void a_port_that_is_no_usb_device_is_known_by_its_path(void **state)
{
	scratch_write(*state, "sys/devices/platform/uart/modalias", "");
	scratch_link(*state, "sys/class/tty/ttyAMA0/device", "../../../devices/platform/uart");
	assert_non_null(strstr(identity(*state, NULL, "ttyAMA0"), "/dev/ttyAMA0"));
}

static void only_devices_that_the_system_lists_are_serial_ports(void **state)
{
	struct port_roots roots = roots_of(*state);

	scratch_write(*state, "sys/class/tty/null/dev", "");
	scratch_write(*state, "sys/class/tty/log/dev", "");
	scratch_write(*state, "dev/log", "");
	scratch_link(*state, "dev/link", "/dev/null");
	assert_true(port_is_serial(&roots, "/dev/null"));
	assert_true(port_is_serial(&roots, scratch_path(*state, "dev/link")));
	assert_false(port_is_serial(&roots, "/dev/zero"));
	assert_false(port_is_serial(&roots, scratch_path(*state, "dev/log")));
	assert_false(port_is_serial(&roots, scratch_path(*state, "dev/missing")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_usb_specification_is_taken_apart),
		TEST(a_malformed_usb_specification_is_refused),
		TEST(a_port_is_found_by_vendor_and_product_before_and_after_renumbering),
		TEST(the_serial_number_tells_twins_apart),
		TEST(ports_come_in_the_order_of_their_numbers),
		TEST(consoles_and_empty_slots_are_no_ports_but_an_on_board_port_is),
		TEST(the_by_id_link_and_the_texts_of_the_device_are_read),
		TEST(a_system_without_sysfs_has_no_ports),
		TEST(a_port_with_a_serial_number_is_known_by_it),
		TEST(a_port_without_serial_number_is_known_by_its_kind_while_it_is_alone),
		TEST(two_channels_of_one_adapter_are_known_by_their_links),
		TEST(a_port_opened_by_a_link_is_known_by_that_link),
		TEST(a_port_that_is_no_usb_device_is_known_by_its_path),
		TEST(only_devices_that_the_system_lists_are_serial_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
