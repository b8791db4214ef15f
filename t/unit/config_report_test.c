/* What start-up and buzonconf say of a configuration: unused names, what has no effect. */
#include "t/unit/unit.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char directory[] = "/tmp/config_report_test.XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[sizeof(directory) + 20];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(write_all(fd, span_text(text)));
    fd_close(&fd);
}

static const struct report_case {
    const char *name;
    const char *main_cf;
    const char *master_cf;
    const char *lines; /* without "warning: " and the directory */
} cases[] = {
    {"nothing to say",                                                  "myhostname = a.b\n",                                            "",                                                                                  ""                                                                                                   },
    {"a name that nobody refers to",                                    "own = x\n",                                                     "",                                                                                  "/main.cf: unused parameter: own=x\n"                                                                },
    {"a name that is nearly known",                                     "myhostnam = x\n",                                               "",
     "/main.cf: unused parameter: myhostnam=x (is myhostname meant?)\n"                                                                                                                                                                                                                                                            },
    {"case counts",                                                     "MyHostname = x\n",                                              "",
     "/main.cf: unused parameter: MyHostname=x (is myhostname meant?)\n"                                                                                                                                                                                                                                                           },
    {"a name that a known parameter refers to",                         "own = x\nmyhostname = $own\n",                                  "",                                                                                  ""                                                                                                   },
    {"in a choice that does not count too",                             "own = x\nmydestination = ${mail_name:{$own}}\n",                "",
     ""                                                                                                                                                                                                                                                                                                                            },
    {"names that only refer to each other",                             "one = $two\ntwo = $one\n",                                      "",                                                                                  ""                                                                                                   },
    {"a chain of names",                                                "one = $two\ntwo = $three\nthree = x\nmyhostname = $one\n",      "",                                                                                  ""                                                                                                   },
    {"a name that a default refers to",                                 "virtual_maps = inline:{a=b}\n",                                 "",                                                                                  ""                                                                                                   },
    {"a name that a service refers to",                                 "own = x\n",
     "smtp inet n - n - - smtpd -o myhostname=$own\n",                                                                                                                                                                        ""                                                                                                   },
    {"a restriction class",                                             "smtpd_restriction_classes = one, two\none = reject\ntwo = x\n", "",
     ""                                                                                                                                                                                                                                                                                                                            },
    {"a parameter named for a transport",                               "slow_destination_rate_delay = 1s\n",
     "slow unix - - n - - smtp\n",                                                                                                                                                                                            ""                                                                                                   },
    {"one that nothing obeys",                                          "slow_time_limit = 7\n",                                         "slow unix - - n - - pipe\n",
     "/main.cf: not supported, has no effect: slow_time_limit=7 (there are no pipe and spawn yet)\n"                                                                                                                                                                                                                               },
    {"for a transport that is not there",                               "slow_destination_rate_delay = 1s\n",
     "fast unix - - n - - smtp\n",                                                                                                                                                                                            "/main.cf: unused parameter: slow_destination_rate_delay=1s (is default_destination_rate_delay "
     "meant?)\n"                                                                                                                                                                                                                                                                                 },
    {"for a service that delivers nothing",                             "slow_destination_rate_delay = 1s\n",
     "slow unix - - n - - anvil\n",                                                                                                                                                                                           "/main.cf: unused parameter: slow_destination_rate_delay=1s (is default_destination_rate_delay "
     "meant?)\n"                                                                                                                                                                                                                                                                                },
    {"parameters of an old-style table",
     "accounts_hosts = x\nlogin_greeting = proxy:mysql:accounts\n",                                                                      "",                                                                                  ""                                                                                                   },
    {"an unknown name in a service",                                    "",                                                              "smtp inet n - n - - smtpd -v -o own=x -o {b = y z}\n",
     "/master.cf: unused parameter: own=x\n/master.cf: unused parameter: b=y z\n"                                                                                                                                                                                                                                                  },
    {"arguments of a command are no settings",                          "",
     "slow unix - n n - - pipe argv=/bin/x -o own=x\n",                                                                                                                                                                       ""                                                                                                   },
    {"what has no effect is said once",                                 "tlsproxy_enforce_tls = yes\n",
     "smtp inet n - n - - smtpd -o tlsproxy_enforce_tls=yes\n",                                                                                                                                                               "/main.cf: not supported, has no effect: tlsproxy_enforce_tls=yes (no process does TLS for others)\n"},
    {"not, where it is set to its default",                             "tlsproxy_watchdog_timeout = 10s\n",                             "",                                                                                  ""                                                                                                   },
    {"not, where it comes to its default",                              "tlsproxy_enforce_tls = ${relayhost?yes}no\n",                   "",                                                                                  ""                                                                                                   },
    {"a reference to a name that nothing defines",
     "smtpd_banner = $hostname ${hostname?x} ${mail_name:$other}\n",                                                                     "",
     "/main.cf: undefined parameter: hostname\n/main.cf: undefined parameter: other\n"                                                                                                                                                                                                                                             },
    {"not of raw values, services, and what a service sets for itself",
     "forward_path = $home/.forward\nlogin_greeting = $slow_destination_rate_delay\n",                                                   "slow unix - - n - - smtp -o own=x -o smtp_helo_name=$own$service_name\n",           ""                                                                                                   },
    {"a service's own are not another's",                               "",
     "smtp inet n - n - - smtpd -o smtpd_banner=$own\nb inet n - n - - smtpd -o own=x\n",                                                                                                                                     "/master.cf: undefined parameter: own\n/master.cf: unused parameter: own=x\n"                        },
    {"what has no effect has a reason",                                 "unverified_sender_reject_code = 550\n",                         "",
     "/main.cf: not supported, has no effect: unverified_sender_reject_code=550 (addresses are not "
     "probed yet)\n"                                                                                                                                                                                                                                                                                                               },
    {"restrictions that smtpd does not know",
     "smtpd_recipient_restrictions = permit_mynetworks, reject_rbl_client rbl.example,\n"
     " check_policy_service {inet:127.0.0.1:10023, timeout=10s}, reject\n",                                                              "",
     "/main.cf: smtpd_recipient_restrictions: not supported, puts mail off: reject_rbl_client (DNS "
     "lists are not asked yet)\n"
     "/main.cf: smtpd_recipient_restrictions: not supported, puts mail off: check_policy_service "
     "(policy services are not asked yet)\n"                                                                                                                                                                                                                                                                                       },
    {"behind names of the user's own",                                  "own = reject_rbl_client rbl.example\n",
     "smtp inet n - n - - smtpd -o smtpd_client_restrictions=permit_mynetworks,$own\n",                                                                                                                                       "/master.cf: smtpd_client_restrictions: not supported, puts mail off: reject_rbl_client (DNS lists "
     "are not asked yet)\n"                                                                                                                                                                                                                 },
    {"in classes and services too",
     "smtpd_restriction_classes = strict\nstrict = permit_mx_backup\n",                                                                  "smtp inet n - n - - smtpd -o smtpd_sender_restrictions=reject_unverified_sender\n",
     "/main.cf: strict: not supported, puts mail off: permit_mx_backup (mail exchangers of recipients "
     "are not looked up yet)\n"
     "/master.cf: smtpd_sender_restrictions: not supported, puts mail off: reject_unverified_sender "
     "(addresses are not probed yet)\n"                                                                                                                                                                                                                                                                                            },
    {"a setting made twice",                                            "myhostname = a.b\n\nmyhostname = c.d\n",                        "",
     "/main.cf, line 3: overriding earlier entry: myhostname=a.b\n"                                                                                                                                                                                                                                                                },
    {"not, when it says the same twice",                                "myhostname = a.b\nmyhostname = a.b\n",                          "",                                                                                  ""                                                                                                   },
    {"a line that continues nothing",                                   "\n x = y\nmyhostname = a.b\n",                                  "",
     "/main.cf, line 2: logical line must not start with whitespace: \" x = y\"\n"                                                                                                                                                                                                                                                 },
    {"a value that cannot be evaluated",                                "\nsmtpd_timeout = 0\n",                                         "",
     "/main.cf, line 2: invalid smtpd_timeout: 0 (min 1) (read by smtpd)\n"                                                                                                                                                                                                                                                        },
    {"a malformed reference, and who needs it",                         "own = ${x\nsmtpd_banner = $own\n",                              "",
     "/main.cf, line 1: own: truncated reference: \"${x\" (read by smtpd)\n"                                                                                                                                                                                                                                                       },
    {"in a service whose program reads it",                             "own = 7\n",
     "smtp inet n - n - - smtpd -o smtpd_timeout=x -o qmgr_ipc_timeout=x -o max_use=$own\n",                                                                                                                                  "/master.cf, line 1: service smtp: parameter smtpd_timeout: bad time value or unit: x\n"             },
};

/* What is logged while the log goes to a file, without date, name and directory. */
static void read_log(struct buf *lines)
{
    struct buf content = BUF(100000);
    struct span rest;
    char path[sizeof(directory) + 20];

    (void)snprintf(path, sizeof(path), "%s/log", directory);
    assert_true(file_read(AT_FDCWD, path, &content, NULL));
    rest = buf_span(&content);
    while (rest.len > 0) {
        char *line = mem_span(span_take_until(&rest, '\n'));
        char *text = strstr(line, "warning: ");

        assert_non_null(text);
        text += strlen("warning: ");
        if (strncmp(text, directory, strlen(directory)) == 0)
            text += strlen(directory);
        buf_put_printf(lines, "%s\n", text);
        mem_free(line);
    }
    buf_release(&content);
}

static void run_case(void **state)
{
    const struct report_case *c = *state;
    struct error err = {0};
    struct config *config;
    struct master_cf *master_cf;
    struct buf lines = BUF(100000);
    char path[sizeof(directory) + 20];

    write_file("main.cf", c->main_cf);
    write_file("master.cf", c->master_cf);
    write_file("log", "");
    config = config_read(directory, NULL, NULL, &err);
    assert_string_equal(err.text, "");
    master_cf = master_cf_read(config, &err);
    assert_string_equal(err.text, "");
    (void)snprintf(path, sizeof(path), "%s/log", directory);
    assert_true(log_open(
        &(struct log_target){.syslog_name = "test", .syslog_facility = "mail", .file = path},
        &err));
    config_report(config, master_cf);
    read_log(&lines);
    assert_string_equal(buf_text(&lines), c->lines);
    buf_release(&lines);
    master_cf_free(&master_cf);
    config_free(&config);
}

static int clean_up(const char *name)
{
    char path[sizeof(directory) + 20];

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    return unlink(path);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;
    int failures;

    if (mkdtemp(directory) == NULL)
        return 1;
    UNIT_ADD_ROWS(tests, used, cases, run_case);
    failures = unit_run("reports", tests, used);
    if (clean_up("main.cf") != 0 || clean_up("master.cf") != 0 || clean_up("log") != 0 ||
        rmdir(directory) != 0)
        return 1;
    return failures;
}
