/* SPDX-License-Identifier: MIT */
/*
 * Tries what kneadd must not be able to do, and what it must. test_boot.py runs it inside the container in the place of
 * kneadd, with everything else of the unit as it is. Judges nothing: one line for each try, its name and "allowed" or the
 * name of the error.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* result < 0: errno says why it failed. */
static void tell(const char *name, const char *what, long result)
{
	printf("%s %s %s\n", name, what, result < 0 ? strerrorname_np(errno) : "allowed");
	fflush(stdout);
}

static void try_to_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	tell("write", path, fd);
	if (fd < 0)
		return;
	close(fd);
	unlink(path);
}

static void try_to_open(const char *name, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	tell(name, path, fd);
	if (fd >= 0)
		close(fd);
}

static void try_socket(const char *what, int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	tell("socket", what, fd);
	if (fd >= 0)
		close(fd);
}

/* A socket that others could connect to. */
static void try_to_serve(void)
{
	struct sockaddr_in internet = { .sin_family = AF_INET, .sin_port = htons(18830) };
	struct sockaddr_un local = { .sun_family = AF_UNIX, .sun_path = "/var/lib/knead/socket" };
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int path = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	tell("serve", "bind-tcp", bind(tcp, (const struct sockaddr *)&internet, sizeof(internet)));
	tell("serve", "bind-unix", bind(path, (const struct sockaddr *)&local, sizeof(local)));
	tell("serve", "listen", listen(tcp, 1));
	tell("serve", "accept", accept4(tcp, NULL, NULL, SOCK_CLOEXEC));
	close(tcp);
	close(path);
}

/* In a child, so that what works changes nothing here; it has ended when nobody holds the other end of the pair any more. */
static void try_to_run(const char *path)
{
	char command[128], nothing;
	int ends[2];
	pid_t child;

	snprintf(command, sizeof(command), "echo run %s allowed", path);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) {
		tell("run", "socketpair", -1);
		return;
	}
	child = fork();
	if (child == 0) {
		execl(path, path, "-c", command, (char *)NULL);
		tell("run", path, -1);
		_exit(1);
	}
	if (child < 0)
		tell("run", path, -1);
	close(ends[1]);
	if (read(ends[0], &nothing, 1) != 0)
		tell("run", "read", -1);
	close(ends[0]);
}

static void try_privileges(void)
{
	/* cppcheck-suppress invalidFunctionArg ; no file behind it */
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	tell("privilege", "setuid", setuid(0));
	tell("privilege", "setgroups", setgroups(0, NULL));
	tell("privilege", "unshare", unshare(CLONE_NEWUSER));
	tell("privilege", "mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	tell("privilege", "chroot", chroot("/"));
	tell("privilege", "ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	tell("privilege", "bpf", syscall(SYS_bpf, 0, NULL, 0));
	tell("privilege", "keyring", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
	tell("privilege", "sethostname", sethostname("x", 1));
	tell("privilege", "writable-code", code == MAP_FAILED ? -1 : 0);
	tell("privilege", "kill-systemd", kill(1, 0));
	tell("privilege", "realtime", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &(struct sched_param){ 1 }));
}

static void try_files(void)
{
	static const char *const places[] = { "", "/etc", "/usr", "/run", "/dev", "/dev/shm", "/var", "/var/lib",
		"/var/lib/knead", "/sys", "/home", "/root", "/srv" };
	char path[64];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/x", places[i]);
		try_to_write(path);
	}
	tell("link", "symlink", symlink("/etc/shadow", "/var/lib/knead/link"));
	tell("link", "hard", link("/etc/passwd", "/var/lib/knead/link"));
	tell("link", "node", mknod("/var/lib/knead/node", S_IFCHR | 0600, 0x105));
	tell("link", "setuid-bit", chmod("/var/lib/knead", 06700));
	try_to_open("see", "/etc/knead/kneadd.conf", O_RDONLY);
	try_to_open("see", "/etc/machine-id", O_RDONLY);
	try_to_open("see", "/proc/self/statm", O_RDONLY);
	try_to_open("see", "/sys/class/tty", O_RDONLY);
	try_to_open("see", "/proc/1/comm", O_RDONLY);
	try_to_open("see", "/proc/meminfo", O_RDONLY);
	try_to_open("see", "/home", O_RDONLY);
	try_to_open("see", "/var/log", O_RDONLY);
	try_to_open("see", "/run/dbus", O_RDONLY);
	try_to_open("see", "/stage", O_RDONLY);
}

/* Each place that is mounted writable; the kernel's own file systems aside, which protect themselves. */
static void list_writable(void)
{
	char line[1024], place[256], options[256];
	FILE *mounts = fopen("/proc/self/mountinfo", "re");

	/* 36 35 98:0 /root /place rw,nosuid - type source options */
	while (mounts && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %*s %*s %*s %255s %255s", place, options) == 2 &&
			strncmp(options, "rw", 2) == 0 && strncmp(place, "/proc", 5) != 0 &&
			strncmp(place, "/sys", 4) != 0)
			printf("writable %s\n", place);
	if (mounts)
		fclose(mounts);
}

int main(void)
{
	struct rlimit core = { 0, 0 };

	try_files();
	try_to_open("device", "/dev/null", O_RDWR);
	try_to_open("device", "/dev/ttyKNEAD", O_RDWR);
	try_to_open("device", "/dev/ttyZERO", O_RDONLY);
	try_to_open("device", "/dev/ptmx", O_RDWR);
	try_socket("inet", AF_INET, SOCK_STREAM);
	try_socket("inet6", AF_INET6, SOCK_STREAM);
	try_socket("unix", AF_UNIX, SOCK_DGRAM);
	try_socket("netlink", AF_NETLINK, SOCK_RAW);
	try_socket("packet", AF_PACKET, SOCK_RAW);
	try_socket("raw", AF_INET, SOCK_RAW);
	try_to_serve();
	try_to_run("/usr/bin/sh");
	try_to_run("/usr/bin/su");
	try_to_run("/var/lib/knead/program");
	try_privileges();
	list_writable();
	getrlimit(RLIMIT_CORE, &core);
	printf("limit core %lu\n", (unsigned long)core.rlim_max);
	printf("privilege no-new %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return 0;
}
