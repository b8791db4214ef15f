/* Why parameters that Postfix has are without effect here, for those who set them. */
#include "lib/config/parameter.h"

#include <fnmatch.h>

/* By the name, as a shell pattern; of several that match the first one counts. */
static const struct {
    const char *names;
    const char *reason;
} reasons[] = {
    {"postscreen_*",                           "there is no postscreen yet"                               },
    {"dnsblog_*",                              "there is no postscreen yet"                               },
    {"dns_ncache_ttl_fix_enable",              "there is no postscreen yet"                               },
    {"respectful_logging",                     "there is no postscreen yet"                               },
    {"smtpd_service_name",                     "there is no postscreen yet"                               },
    {"tlsproxy_*",                             "no process does TLS for others"                           },
    {"qmqpd_*",                                "there is no QMQP server"                                  },
    {"*milter*",                               "milters are not called yet"                               },
    {"*sasl*",                                 "SMTP has no SASL yet"                                     },
    {"smtpd_sender_login_maps",                "SMTP has no SASL yet"                                     },
    {"smtpd_tls_auth_only",                    "SMTP has no SASL yet"                                     },
    {"smtpd_client_auth_rate_limit",           "SMTP has no SASL yet"                                     },
    {"*_sender_dependent_authentication",      "SMTP has no SASL yet"                                     },
    {"*_send_dummy_mail_auth",                 "SMTP has no SASL yet"                                     },
    {"address_verify_*",                       "addresses are not probed yet"                             },
    {"unverified_*",                           "addresses are not probed yet"                             },
    {"*_address_verify_target",                "addresses are not probed yet"                             },
    {"*rbl*",                                  "DNS lists are not asked yet"                              },
    {"smtpd_policy_service_*",                 "policy services are not asked yet"                        },
    {"anvil_*",                                "the rates of clients are not counted yet"                 },
    {"smtpd_client_*",                         "the rates of clients are not counted yet"                 },
    {"smtpd_proxy_*",                          "content filters are not there yet"                        },
    {"smtpd_authorized_x*",                    "XCLIENT and XFORWARD are not there yet"                   },
    {"*xforward*",                             "XCLIENT and XFORWARD are not there yet"                   },
    {"*connection_cache*",                     "each process of the SMTP client keeps its own connections"},
    {"*_connection_reuse",                     "each process of the SMTP client keeps its own connections"},
    {"*_tls_session_cache_*",                  "TLS sessions are not kept yet"                            },
    {"tls_session_ticket_cipher",              "TLS sessions are not kept yet"                            },
    {"tlsmgr_service_name",                    "TLS sessions are not kept yet"                            },
    {"tls_random_*",                           "randomness comes from the kernel"                         },
    {"tls_daemon_random_bytes",                "randomness comes from the kernel"                         },
    {"*tls*",                                  "this part of TLS is not there yet"                        },
    {"relay_clientcerts",                      "this part of TLS is not there yet"                        },
    {"openssl_path",                           "keys are made by the library itself"                      },
    {"dnssec_probe",                           "this part of TLS is not there yet"                        },
    {"pipe_delivery_status_filter",            "there is no pipe(8) yet"                                  },
    {"rewrite_service_name",                   "no service rewrites addresses: cleanup and qmgr do"       },
    {"postlog*",                               "daemons write the log themselves"                         },
    {"fault_injection_code",                   "for tests of Postfix"                                     },
    {"dont_remove",                            "for tests of Postfix"                                     },
    {"backwards_bounce_logfile_compatibility", "the format of Postfix's files"                            },
    {"sun_mailtool_compatibility",             "obsolete in Postfix too"                                  },
    {"permit_mx_backup_networks",              "mail exchangers of recipients are not looked up yet"      },
    {"*smtputf8*",                             "SMTPUTF8 is not there yet"                                },
    {"enable_idna2003_compatibility",          "SMTPUTF8 is not there yet"                                },
    {"*_dns_*",                                "the resolver has no such choice yet"                      },
    {"*_cname_overrides_servername",           "the resolver has no such choice yet"                      },
    {"*_min_data_rate",                        "each step of a delivery has a time limit of its own"      },
    {"*_per_request_deadline",                 "each step of a delivery has a time limit of its own"      },
    {"ipc_ttl",                                "connections between daemons last as long as they are used"},
    {"application_event_drain_time",           "who is woken up is not waited for"                        },
    {"fork_*",                                 "a process is started at the first try"                    },
    {"error_service_name",                     "no program of Postfix obeys it either"                    },
    {"queue_file_attribute_count_limit",       "the format of Postfix's files"                            },
};

/* Restrictions of smtpd, by name. smtpd puts mail off where it meets one that it does not know. */
static const struct {
    const char *names;
    const char *reason;
} restrictions[] = {
    {"check_policy_service",                 "policy services are not asked yet"                               },
    {"reject_rbl_client",                    "DNS lists are not asked yet"                                     },
    {"reject_rhsbl_*",                       "DNS lists are not asked yet"                                     },
    {"reject_maps_rbl",                      "DNS lists are not asked yet"                                     },
    {"permit_dnswl_client",                  "DNS lists are not asked yet"                                     },
    {"permit_rhswl_client",                  "DNS lists are not asked yet"                                     },
    {"reject_unverified_*",                  "addresses are not probed yet"                                    },
    {"reject_*sender_login_mismatch",        "SMTP has no SASL yet"                                            },
    {"check_sasl_access",                    "SMTP has no SASL yet"                                            },
    {"check_ccert_access",                   "this part of TLS is not there yet"                               },
    {"check_*_mx_access",                    "mail exchangers and name servers are not looked up in tables yet"},
    {"check_*_ns_access",                    "mail exchangers and name servers are not looked up in tables yet"},
    {"check_*_a_access",                     "mail exchangers and name servers are not looked up in tables yet"},
    {"permit_mx_backup",                     "mail exchangers of recipients are not looked up yet"             },
    {"permit_naked_ip_address",              "obsolete in Postfix too"                                         },
    {"check_relay_domains",                  "obsolete in Postfix too"                                         },
};

const char *restriction_unsupported(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(restrictions); i++) {
        if (fnmatch(restrictions[i].names, name, 0) == 0)
            return restrictions[i].reason;
    }
    return NULL;
}

const char *parameter_unsupported(const struct parameter *parameter)
{
    if (parameter->support == PARAMETER_WORKS)
        return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++) {
        if (fnmatch(reasons[i].names, parameter->name, 0) == 0)
            return reasons[i].reason;
    }
    return "nothing obeys it yet";
}
