/* What the kernel refuses to a process in the sandbox; each case in a process of its own. */
#include "t/unit/unit.h"

#include "lib/service/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define FILTERED false /* the sanitizer's run-time needs more than a daemon */
#else
#define FILTERED true
#endif

enum attempt { OPEN_A_FILE, MAKE_A_SOCKET, RUN_A_PROGRAM, TRACE, READ_AND_WRITE };

/* Who may run programs has no filter unless he is root: the kernel asks for no_new_privs then. */
static const struct sandbox_case {
    const char *name;
    enum service_user user;
    unsigned flags;
    enum attempt attempt;
    bool refused;
} cases[] = {
    {"no files: none is opened",             SERVICE_USER_ROOT, SANDBOX_NO_FILES | SANDBOX_NO_EXEC,    OPEN_A_FILE,
     true                                                                                                                  },
    {"no sockets: files are opened",         SERVICE_USER_ROOT, SANDBOX_NO_SOCKETS,                    OPEN_A_FILE,   false},
    {"no sockets: none is made",             SERVICE_USER_ROOT, SANDBOX_NO_SOCKETS | SANDBOX_NO_EXEC,
     MAKE_A_SOCKET,                                                                                                   true },
    {"no files: sockets are made",           SERVICE_USER_ROOT, SANDBOX_NO_FILES,                      MAKE_A_SOCKET, false},
    {"no programs: none is run",             SERVICE_USER_ROOT, SANDBOX_NO_EXEC,                       RUN_A_PROGRAM, true },
    {"no flags: a program is run",           SERVICE_USER_ROOT, 0,                                     RUN_A_PROGRAM, false},
    {"a network daemon never runs programs", SERVICE_USER_NET,  0,                                     RUN_A_PROGRAM, true },
    {"nor does it trace another process",    SERVICE_USER_NET,  0,                                     TRACE,         true },
    {"open descriptors go on working",       SERVICE_USER_NET,  SANDBOX_NO_FILES | SANDBOX_NO_SOCKETS,
     READ_AND_WRITE,                                                                                                  false},
};

static bool try_files(void)
{
    return open("/dev/null", O_RDONLY) >= 0;
}

static bool try_pipe(int ends[2])
{
    char octet;

    return write(ends[1], "x", 1) == 1 && read(ends[0], &octet, 1) == 1;
}

static bool try(enum attempt attempt, int ends[2])
{
    char *const arguments[] = {NULL};

    switch (attempt) {
    case OPEN_A_FILE:
        return try_files();
    case MAKE_A_SOCKET:
        return socket(AF_INET, SOCK_DGRAM, 0) >= 0;
    case RUN_A_PROGRAM:
        (void)execv("/bin/true", arguments); /* its status is 0 */
        return false;
    case TRACE:
        return syscall(SYS_ptrace, 0, 0, 0, 0) == 0;
    case READ_AND_WRITE:
        return try_pipe(ends);
    }
    return false;
}

static void run_case(void **state)
{
    const struct sandbox_case *c = *state;
    const struct service service = {.program = "test", .user = c->user, .sandbox = c->flags};
    struct error err = {0};
    int ends[2];
    int status;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0)
        _exit(sandbox_apply(&service, false, &err) && try(c->attempt, ends) ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), c->refused ? 1 : 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void no_new_privileges(void **state UNUSED)
{
    const struct service service = {.program = "test", .user = SERVICE_USER_QUEUE};
    struct error err = {0};
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(sandbox_apply(&service, false, &err) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
                  ? 0
                  : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 1];
    size_t used = 0;

    if (FILTERED) /* a sanitizer's runtime needs what the filter forbids */
        UNIT_ADD_ROWS(tests, used, cases, run_case);
    tests[used++] = (struct CMUnitTest){.name = "who never runs programs gets no rights by one",
                                        .test_func = no_new_privileges};
    return unit_run("service_sandbox", tests, used);
}
