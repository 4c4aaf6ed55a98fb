//! Tokens whose makers gave them a mark. A token that a cut left less of is seen at a text's end.

use crate::rule::{Rule, always};

const TOKEN: &str = "token";

pub(super) const RULES: &[Rule] = &[
    Rule {
        kind: TOKEN,
        keywords: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        pattern: r"\b(?P<secret>(?:gh[pousr]_|github_pat_)(?:[A-Za-z0-9_]{20,}|[A-Za-z0-9_]{4,}$))",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "gloas-", "glsoat-", "glft-"],
        pattern: r"\b(?P<secret>gl(?:pat|dt|rt|cbt|ptt|oas|soat|ft)-(?:[A-Za-z0-9_.-]{16,}|[A-Za-z0-9_.-]{4,}$))",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-", "xoxe.", "xapp-"],
        pattern: r"\b(?P<secret>(?:xox[abeprs][-.]|xapp-)[A-Za-z0-9.-]{6,})",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["dapi", "dkea", "dose"],
        pattern: r"\b(?P<secret>(?:dapi|dkea|dose)(?:[0-9a-f]{32}(?:-\d)?|[0-9a-f]{8,31}$))\b",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_", "pk_live_"],
        pattern: r"(?:^|[^A-Za-z0-9])(?P<secret>(?:[srp]k_(?:live|test)_|whsec_)[A-Za-z0-9+/]{8,})",
        is_secret: always,
    },
    // OpenAI, Anthropic and those that copied them; the older kind has no second mark.
    Rule {
        kind: TOKEN,
        keywords: &["sk-ant-", "sk-proj-", "sk-or-", "sk-svcacct-", "sk-admin-", "sk-lf-"],
        pattern: r"(?:^|[^A-Za-z0-9])(?P<secret>sk-(?:ant|proj|or|svcacct|admin|lf)-[A-Za-z0-9_-]{8,})",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["sk-"],
        pattern: r"(?:^|[^A-Za-z0-9])(?P<secret>sk-[A-Za-z0-9]{32,})",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["hf_", "r8_", "gsk_", "pplx-", "xai-", "tgp_v1_"],
        pattern: r"(?:^|[^A-Za-z0-9_])(?P<secret>(?:hf_|r8_|gsk_|pplx-|xai-|tgp_v1_)[A-Za-z0-9_-]{24,})",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["SG."],
        pattern: r"\b(?P<secret>SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})",
        is_secret: always,
    },
    // Twilio's account ids have the same length; both go.
    Rule {
        kind: TOKEN,
        keywords: &["SK", "AC"],
        pattern: r"\b(?P<secret>(?:SK|AC)[0-9a-f]{32})\b",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["npm_", "pypi-", "dckr_pat_", "dckr_oat_", "rubygems_", "NuGet"],
        pattern: r"(?:^|[^A-Za-z0-9])(?P<secret>npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|dckr_[po]at_[A-Za-z0-9_-]{16,}|rubygems_[a-f0-9]{40,})",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["eyJ"],
        pattern: r"(?:^|[^A-Za-z0-9])(?P<secret>eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?|[A-Za-z0-9_-]*\.?$))",
        is_secret: always,
    },
    Rule {
        kind: TOKEN,
        keywords: &["hvs.", "hvb.", "hvr.", "s."],
        pattern: r"(?:^|[^A-Za-z0-9_.])(?P<secret>hv[sbr]\.[A-Za-z0-9_-]{20,}|s\.[A-Za-z0-9]{24})\b",
        is_secret: has_all_kinds,
    },
    Rule {
        kind: TOKEN,
        keywords: &[
            "glc_", "glsa_", "NRAK-", "PMAK-", "shpat_", "shpss_", "lin_api_", "dp.pt.", "ATATT3",
            "ATBB", "pul-", "tskey-", "dtn_", "figd_", "sntrys_", "ATCTT3", "secret_", "nfp_",
        ],
        pattern: r"(?:^|[^A-Za-z0-9_])(?P<secret>(?:glc_|glsa_|NRAK-|PMAK-|shpat_|shpss_|lin_api_|dp\.pt\.|ATATT3|ATCTT3|ATBB|pul-|tskey-|figd_|sntrys_|nfp_)[A-Za-z0-9_=.+/-]{20,})",
        is_secret: always,
    },
    Rule {
        kind: "webhook",
        keywords: &["hooks.slack.com"],
        pattern: r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/_-]{8,})",
        is_secret: always,
    },
    Rule {
        kind: "webhook",
        keywords: &["webhook.office.com"],
        pattern: r#"webhook\.office\.com/(?:webhookb?2?)/(?P<secret>[^\s"'<>]+)"#,
        is_secret: always,
    },
    Rule {
        kind: "webhook",
        keywords: &["discord.com/api", "discordapp.com/api"],
        pattern: r"discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d+/(?P<secret>[A-Za-z0-9_-]+)",
        is_secret: always,
    },
    Rule {
        kind: "webhook",
        keywords: &["api.telegram.org"],
        pattern: r"api\.telegram\.org/bot(?P<secret>\d+:[A-Za-z0-9_-]+)",
        is_secret: always,
    },
];

fn has_all_kinds(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().skip(4).any(test);
    has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
}
