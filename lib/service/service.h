/*
 * The skeleton of a daemon under master. `main` only describes; service_main holds, once for all,
 * the order that must never vary: read the configuration; open what needs privilege (.prepare);
 * chroot; drop groups, gid and uid for good and check it; sandbox; .start; the loop.
 *
 * A process that master started has its listening sockets and its status pipe as inherited
 * descriptors (lib/service/master_protocol.h). It accepts, serves, tells master "busy"/"idle", and
 * ends after max_use connections, after max_idle without one, when a table it opened changed, or
 * when master is gone.
 */
#ifndef BUZON_LIB_SERVICE_SERVICE_H
#define BUZON_LIB_SERVICE_SERVICE_H

#include "lib/config/config.h"
#include "lib/io/ipc.h"
#include "lib/io/loop.h"
#include "lib/io/socket.h"

enum service_user {
    SERVICE_USER_NET, /* net_owner (buzonnet), chroot to queue_directory/empty: talks to the network */
    SERVICE_USER_QUEUE, /* mail_owner (buzon), chroot to queue_directory: owns the queue */
    SERVICE_USER_MAPS,  /* mail_owner, no chroot: opens tables (proxymap) */
    SERVICE_USER_ROOT,  /* stays root to become somebody else (local, virtual, imapd, auth) */
};

enum {
    SANDBOX_NO_FILES = 1,   /* opens no file after .start */
    SANDBOX_NO_SOCKETS = 2, /* makes no new socket after .start */
    SANDBOX_NO_EXEC = 4,    /* never executes a program: PR_SET_NO_NEW_PRIVS and seccomp */
};

struct service_instance {
    const struct config *config;
    const char *name;    /* service name in master.cf */
    const char *program; /* "smtpd" */
    bool privileged;     /* runs under a root master: users and chroots are real */
    int queue_directory; /* open before the chroot; -1 where a daemon has no business there
                            (SERVICE_USER_NET under a root master) */
    struct loop *loop;   /* event-driven services only, else NULL */
    char *const
        *arguments; /* what master.cf has behind the options ("user=vmail"); ended by NULL */
};

struct service {
    const char *program;
    enum service_user user;
    unsigned sandbox;
    bool single_process; /* refuses to start unless process_limit is 1 (qmgr, pickup, tlsmgr...) */
    bool may_overlap;  /* single_process, event-driven: another one may start while this one drains,
                            once on_drain has returned */
    bool mailbox_side; /* logs as login_syslog_name alone (login, auth, imapd, pop3d); the text of
                            a line starts with "imap-login: " and the like */

    bool opens_for_others; /* a table that cannot be opened is the trouble of whoever asks for it,
                              whatever daemon_table_open_error_is_fatal says */

    /* While still privileged and outside the chroot: tables, certificates, resolv.conf. May be NULL. */
    bool (*prepare)(const struct service_instance *instance, struct error *err);
    /* After privileges are gone. May be NULL. */
    bool (*start)(const struct service_instance *instance, struct error *err);

    /* Exactly one of these three says how connections are served; none of them: a connection only
     * wakes up (pickup), and whatever it says is ignored. */

    /* ipc services, one peer at a time: until the peer hangs up (true), or false with *err */
    bool (*serve)(struct connection *peer, const struct service_instance *instance,
                  struct error *err);
    /* inet/unix stream services, one client at a time, blocking: takes fd */
    void (*serve_client)(int fd, const struct service_instance *instance);
    /* event-driven services: a new connection; takes fd (non-blocking). service_accepting and
     * service_release tell the skeleton of load. */
    void (*on_connection)(int fd, const struct service_instance *instance);

    /* A wake-up from master (wakeup column), or a datagram/poke on the service's socket. May be NULL. */
    void (*on_wakeup)(const struct service_instance *instance);
    /* Asked before a connection is taken (event-driven: when the last one has gone): tables changed,
     * and new processes shall take over. May be NULL. */
    bool (*is_stale)(const struct service_instance *instance);
    /*
     * Event-driven services: master reloads or stops, or is gone. No connection is accepted any more,
     * and the process ends when the last one is released; this is the moment to close those with
     * which nothing is going on. May be NULL.
     */
    void (*on_drain)(const struct service_instance *instance);
    /* Event-driven services: after on_drain, when it is not a reload: sessions with which nothing is
     * going on shall end too, for master stops or is gone. May be NULL. */
    void (*on_stop)(const struct service_instance *instance);
};

/* service_main - never returns to a caller that could do more; its value is main's */
int service_main(const struct service *service, int argc, char *argv[]);

/* service_release - event-driven services: one connection handed to on_connection has ended */
void service_release(const struct service_instance *instance);
/* service_hold - event-driven services: one more reason to stay, as if it were a connection (a
 * delivery in progress); service_release ends it */
void service_hold(const struct service_instance *instance);
/* service_leave - event-driven services: tables have changed. As if master had said so, the process
 * drains: on_drain is called, and it ends with its last connection. */
void service_leave(const struct service_instance *instance);
/* service_accepting - event-driven services: false stops accepting (all connection slots in use) */
void service_accepting(const struct service_instance *instance, bool on);

/*
 * service_quiet - blocking services: what we do for this client may end at any moment
 *
 * True while a session waits for its client's next command and nothing is half done (IDLE, between
 * messages): `buzon stop` and a stopped master then end the process at once instead of waiting for
 * service_stop_time. It is false when a conversation starts, and costs no system call.
 */
void service_quiet(bool quiet);

/*
 * service_rest - blocking services: true while they wait for their peer's next request
 *
 * Such a process is not stuck, however long it takes; daemon_timeout counts from the last call with false,
 * which whoever makes progress in a long request may repeat.
 * `buzon stop` does not end it: the request may be on its way (service_quiet, which includes this).
 */
void service_rest(bool resting);

/*
 * service_meet_client - blocking services: how many processes of this service have a client of this network now
 *
 *  ipv4_bits, ipv6_bits  of the address that count, from its beginning: 32 and 128 for the address alone
 *
 * This one is counted, until service_part_client or its end. 0 for other than IP addresses, and without master.
 */
unsigned service_meet_client(const struct address_socket *address, int ipv4_bits, int ipv6_bits);
void service_part_client(void);

/*
 * service_await - blocking services that serve one peer for long: wait for its next request
 *
 * True: fd is readable. False: it was not within timeout_ms, or master wants processes to end that
 * have nothing to do. While it waits, the process is quiet.
 */
bool service_await(int fd, int timeout_ms) MUST_CHECK;

/*
 * service_connect - a connection to another service of this instance, also from inside a chroot
 *
 * `name` is a service name in master.cf: "cleanup", "proxymap". A daemon in the empty chroot asks
 * master for the connection, who knows which program may talk to which (master/broker.c); all others
 * use the sockets in private/ and public/. TEMPORARY when nobody answers within ipc_timeout.
 */
struct connection *service_connect(const char *name, struct error *err) MUST_CHECK;
/* service_connect_fd - the same as a bare descriptor, non-blocking, for event loops; it does not wait
 * for a service whose backlog is full (err->number is ETIMEDOUT) */
int service_connect_fd(const char *name, struct error *err) MUST_CHECK;
/*
 * service_connect_path - a bare, blocking descriptor of the UNIX socket of another program (LMTP to
 * Dovecot), by path; a relative one is seen from the queue directory. timeout_ms 0: ipc_timeout
 *
 * From inside the empty chroot master connects, to those sockets only that the configuration names.
 */
int service_connect_path(const char *path, int timeout_ms, struct error *err) MUST_CHECK;
/* service_is_confined - this daemon is or will be in a chroot: what it connects to or opens later is
 * not what the names outside mean; false in tools */
bool service_is_confined(void);
/* service_peer_faces_network - the other end of the connection is a process in the empty chroot: master has connected
 * for it; always false in an unprivileged instance, where nobody is in one */
bool service_peer_faces_network(int fd);
/* service_needs_tables - this daemon ends when a table cannot be opened (daemon_table_open_error_is_fatal);
 * false in tools, which decide for themselves */
bool service_needs_tables(void);
/* service_poke - connect, say nothing of interest, hang up: its on_wakeup runs; within trigger_timeout */
bool service_poke(const char *name, struct error *err) MUST_CHECK;
/* service_tool_open - service_connect, service_poke and service_become... for tools; call it once,
 * first */
bool service_tool_open(const struct config *config, struct error *err) MUST_CHECK;

/*
 * service_become / service_return - take a user's identity for a delivery, and give it back
 *
 * Sets effective gid, supplementary groups (initgroups for `user` or none when NULL) and effective
 * uid; uid 0 for root's own mailbox. In an unprivileged instance it does nothing when uid is our own,
 * and is refused otherwise. service_become_forever sets real, effective and saved ids, checks it, and
 * refuses uid 0; in an unprivileged instance, too, the process has nothing left of its service's sockets and scoreboard then.
 */
bool service_become(const char *user, uid_t uid, gid_t gid, struct error *err) MUST_CHECK;
void service_return(void);
bool service_become_forever(const char *user, uid_t uid, gid_t gid, struct error *err) MUST_CHECK;

#endif
