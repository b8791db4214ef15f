/*
 * `buzon tls`: switches TLS on in clients and servers, and looks after the keys and certificates of the SMTP
 * server, as postfix-tls(1) does. This is the table of its subcommands.
 */
#include "lib/base/base.h"

#include "tools/tls_command.h"

#include "lib/base/log.h"

#include <unistd.h>

static const struct subcommand {
    const char *name;
    const char *options; /* as getopt(3) has them */
    int least, most;     /* arguments; -1: any number */
    const char *usage;
    int (*run)(const struct tls_call *tls);
} subcommands[] = {
    {"enable-client",      "r:",     0, 0,  "[-r devrandom]",                                          tls_enable_client     },
    {"enable-server",      "r:a:b:", 0, -1, "[-r devrandom] [-a algorithm] [-b bits ] [hostname ...]",
     tls_enable_server                                                                                                       },
    {"new-server-key",     "a:b:",   0, -1, "[-a algorithm] [-b bits ] [hostname ...]",
     tls_new_server_key                                                                                                      },
    {"new-server-cert",    "a:b:",   0, -1, "[-a algorithm] [-b bits ] [hostname ...]",
     tls_new_server_cert                                                                                                     },
    {"deploy-server-cert", "",       2, 2,  "certfile keyfile",                                        tls_deploy_server_cert},
    {"output-server-csr",  "k:",     0, -1, "[-k keyfile] [hostname ...]",                             tls_output_server_csr },
    {"output-server-tlsa", "h:",     0, -1, "[-h hostname] [keyfile ...]",                             tls_output_server_tlsa},
    {"all-default-client", "",       0, 0,  "",                                                        tls_all_default_client},
    {"all-default-server", "",       0, 0,  "",                                                        tls_all_default_server},
};

static bool take_options(struct tls_call *tls, const struct subcommand *subcommand, int argc)
{
    char *const *arguments = tls->call->arguments;
    int option;

    optind = 0; /* glibc: from the start, on another vector */
    opterr = 0;
    while ((option = getopt(argc, arguments, subcommand->options)) != -1) {
        if (option == 'a')
            tls->algorithm = optarg;
        else if (option == 'b')
            tls->size = optarg;
        else if (option == 'h')
            tls->host = optarg;
        else if (option == 'k')
            tls->key = optarg;
        else if (option == 'r')
            tls->random_source = optarg;
        else
            return false;
    }
    tls->rest = arguments + optind;
    return argc - optind >= subcommand->least && argc - optind <= TLS_NAMES_MAX &&
           (subcommand->most < 0 || argc - optind <= subcommand->most);
}

static int run(const struct call *call, const struct subcommand *subcommand)
{
    struct tls_call tls = {.call = call};
    int argc = 0;
    size_t count = 0;
    int status;

    while (call->arguments[argc] != NULL)
        argc++;
    if (!take_options(&tls, subcommand, argc))
        return buzon_refuse("usage: %s tls %s%s%s", call->program, subcommand->name,
                            subcommand->usage[0] == '\0' ? "" : " ", subcommand->usage);
    for (; tls.rest[count] != NULL; count++)
        tls.names[count] = tls.rest[count];
    if (count == 0)
        tls.names[0] = mem_text(call->config->myhostname);
    status = subcommand->run(&tls);
    if (count == 0)
        mem_free(tls.names[0]);
    return status;
}

int buzon_tls(const struct call *call)
{
    const char *name = call->arguments[0] == NULL ? "" : call->arguments[0];

    if (strcmp(call->program, "postfix") == 0) /* there it is another script than for the rest */
        log_name(mem_printf("%s/postfix-tls-script", call->config->syslog_name));
    for (size_t i = 0; i < ARRAY_LENGTH(subcommands); i++) {
        if (strcmp(subcommands[i].name, name) == 0)
            return run(call, &subcommands[i]);
    }
    log_error("unknown tls command: '%s'", name);
    return buzon_refuse("usage: %s tls enable-client (or enable-server, new-server-key, "
                        "new-server-cert, deploy-server-cert, output-server-csr, "
                        "output-server-tlsa, all-default-client, all-default-server)",
                        call->program);
}
