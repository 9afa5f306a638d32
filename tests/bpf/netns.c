/* SPDX-License-Identifier: BSD-2-Clause */
/* See netns.h. The child dies with its parent; a namespace with the last process in it; a veth with its namespace. */
#include "netns.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

static struct {
    pid_t pod;
    int to_pod;
    int from_pod;
} net;

static const uint16_t ports[] = {80, 81};

static int __attribute__((format(printf, 1, 2))) run(const char *format, ...)
{
    char command[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    return system(command);
}

/* Addresses that never change hands: no ARP, no neighbour discovery, no waiting for duplicates. */
static int set_up(const char *name, int other)
{
    return run("ip link set lo up && ip link set %s up", name) ||
           run("ip neigh replace 10.0.0.%d lladdr 02:00:00:00:00:0%d dev %s nud permanent", other, other == 2 ? 2 : 1, name) ||
           run("ip neigh replace fd00::%d lladdr 02:00:00:00:00:0%d dev %s nud permanent", other, other == 2 ? 2 : 1, name);
}

static int add_address(const char *name, int id)
{
    return run("ip addr add 10.0.0.%d/24 dev %s", id, name) || run("ip addr add fd00::%d/64 dev %s nodad", id, name);
}

static union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;

static socklen_t address_of(int family, uint8_t id, uint16_t port)
{
    memset(&address, 0, sizeof address);
    if (family == 4) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(port);
        address.v4.sin_addr.s_addr = htonl(0x0a000000u + id);
        return sizeof address.v4;
    }
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(port);
    if (id) {
        address.v6.sin6_addr.s6_addr[0] = 0xfd;
        address.v6.sin6_addr.s6_addr[15] = id;
    }
    return sizeof address.v6;
}

/* A socket for both families, on all addresses. */
static int serve_on(int type, uint16_t port)
{
    int fd = socket(AF_INET6, type, 0), off = 0;
    socklen_t n = address_of(6, 0, port);

    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) || bind(fd, &address.any, n))
        _exit(1);
    if (type == SOCK_STREAM && listen(fd, 64))
        _exit(1);
    return fd;
}

static void echo_datagram(int fd)
{
    char bytes[64];
    struct sockaddr_in6 from;
    socklen_t n_from = sizeof from;
    ssize_t n = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &n_from);

    if (n >= 0)
        (void)!sendto(fd, bytes, (size_t)n, 0, (struct sockaddr *)&from, n_from);
}

/* Greets, and hangs up. */
static void greet(int fd)
{
    int connection = accept(fd, NULL, NULL);

    if (connection < 0)
        return;
    (void)!write(connection, "hello", 5);
    close(connection);
}

static void serve(void)
{
    struct pollfd fds[2 * COUNT(ports)];

    for (size_t i = 0; i < COUNT(ports); i++) {
        fds[2 * i] = (struct pollfd){.fd = serve_on(SOCK_STREAM, ports[i]), .events = POLLIN};
        fds[2 * i + 1] = (struct pollfd){.fd = serve_on(SOCK_DGRAM, ports[i]), .events = POLLIN};
    }
    (void)!write(net.from_pod, "+", 1);
    for (;;) {
        poll(fds, COUNT(fds), -1);
        for (size_t i = 0; i < COUNT(fds); i++) {
            if (fds[i].revents && i % 2 == 0)
                greet(fds[i].fd);
            if (fds[i].revents && i % 2)
                echo_datagram(fds[i].fd);
        }
    }
}

/* The child: makes its namespace, says so, waits for the other end of the veth, and serves. */
static void be_pod(void)
{
    char byte;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) || write(net.from_pod, "+", 1) != 1 || read(net.to_pod, &byte, 1) != 1)
        _exit(1);
    if (add_address("pod0", WORLD_POD) || set_up("pod0", WORLD_CLIENT) || set_up("pod0", WORLD_STRANGER))
        _exit(1);
    serve();
}

static int fork_pod(void)
{
    int down[2], up[2];

    if (pipe(down) || pipe(up))
        return -1;
    net.pod = fork();
    if (net.pod == 0) {
        net.to_pod = down[0];
        net.from_pod = up[1];
        be_pod();
        _exit(0);
    }
    close(down[0]);
    close(up[1]);
    net.to_pod = down[1];
    net.from_pod = up[0];
    return net.pod < 0 ? -1 : 0;
}

static int wait_for_pod(void)
{
    char byte;

    return read(net.from_pod, &byte, 1) == 1 ? 0 : -1;
}

const char *netns_open(void)
{
    if (system("ip -V >/dev/null 2>&1"))
        return "ip(8) is not installed";
    if (unshare(CLONE_NEWNET))
        return "a network namespace cannot be made";
    if (fork_pod() || wait_for_pod())
        return "a second network namespace cannot be made";
    if (run("ip link add host0 address 02:00:00:00:00:01 type veth peer name pod0 address 02:00:00:00:00:02 netns %d 2>/dev/null", net.pod))
        return "a veth pair cannot be made";
    if (add_address("host0", WORLD_CLIENT) || add_address("host0", WORLD_STRANGER) || set_up("host0", WORLD_POD))
        return "the veth pair cannot be set up";
    if (write(net.to_pod, "+", 1) != 1 || wait_for_pod())
        return "the second network namespace cannot be set up";
    return NULL;
}

void netns_close(void)
{
    if (net.pod <= 0)
        return;
    kill(net.pod, SIGKILL);
    waitpid(net.pod, NULL, 0);
    close(net.to_pod);
    close(net.from_pod);
    net.pod = 0;
}

static int socket_for(int family, uint8_t protocol)
{
    int domain = family == 4 ? AF_INET : AF_INET6;

    if (protocol == IPPROTO_TCP)
        return socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (protocol == IPPROTO_UDP)
        return socket(domain, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    return socket(domain, SOCK_RAW | SOCK_NONBLOCK, protocol);
}

/* An echo request; the kernel fills in ICMPv6's checksum, and this one's own is known. */
static int say(int fd, uint8_t protocol)
{
    uint8_t echo[8] = {ICMP_ECHO, 0, 0xf7, 0xff};

    if (protocol == IPPROTO_TCP)
        return 0;
    if (protocol == IPPROTO_ICMPV6)
        echo[0] = ICMP6_ECHO_REQUEST;
    return send(fd, echo, sizeof echo, 0) == (ssize_t)sizeof echo ? 0 : -1;
}

/* Of raw sockets: is it an echo reply? Others hear everything of their protocol. */
static int is_answer(uint8_t protocol, const uint8_t *bytes, ssize_t n)
{
    if (protocol == IPPROTO_ICMP)
        return n >= 28 && bytes[20] == ICMP_ECHOREPLY;
    return n > 0 && (protocol != IPPROTO_ICMPV6 || bytes[0] == ICMP6_ECHO_REPLY);
}

static int hear(int fd, uint8_t protocol, int milliseconds)
{
    struct pollfd at = {.fd = fd, .events = POLLIN};
    uint8_t bytes[128];

    while (poll(&at, 1, milliseconds) > 0) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);

        if (is_answer(protocol, bytes, n))
            return 1;
        if (n <= 0)
            return 0;
    }
    return 0;
}

int netns_talk(int family, uint8_t source, uint8_t protocol, uint16_t port, int milliseconds)
{
    int fd = socket_for(family, protocol), heard = 0;
    socklen_t n = address_of(family, source, 0);

    if (fd >= 0 && !bind(fd, &address.any, n)) {
        n = address_of(family, WORLD_POD, protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ? port : 0);
        if ((!connect(fd, &address.any, n) || errno == EINPROGRESS) && !say(fd, protocol))
            heard = hear(fd, protocol, milliseconds);
    }
    if (fd >= 0)
        close(fd);
    return heard;
}
