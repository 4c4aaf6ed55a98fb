//! Single lines: what must go, and what looks like it and must stay.

use adp_redact::{Options, Redactor};

fn redact(text: &str) -> String {
    Redactor::built_in().redact(text).text
}

#[test]
fn secrets_of_every_kind_go() {
    let cases = [
        ("connecting with password=hunter2 now", "hunter2"),
        ("{\"password\": \"hunter two\", \"user\": \"etl\"}", "hunter two"),
        ("'fs.s3a.secret.key': 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'", "wJalrXUtnFEMI"),
        ("Authorization: Bearer abcdefghijklmnop1234", "abcdefghijklmnop1234"),
        ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE"),
        ("jdbc:postgresql://db:5432/x?user=etl&password=s3cr3t&ssl=true", "s3cr3t"),
        ("postgres://etl:pa55word@db:5432/x", "pa55word"),
        ("postgres://etl:p@ss/w0rd@db:5432/x", "ss/w0rd"),
        ("jdbc:sqlserver://h;user=a;password=Pa$$w0rd;encrypt=true", "Pa$$w0rd"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
        ("spark-submit --conf a=b --db-password hunter2 job.py", "hunter2"),
        ("push with ghp_0123456789abcdefghijABCDEFGHIJ012345 failed", "ghp_0123456789abcdefghij"),
        ("SAS https://a.blob.core.windows.net/c?sv=1&sig=abc%2Bdef&se=2", "abc%2Bdef"),
        (
            "the session token is FwoGZXIvYXdzEJr1KXqV9wLh3TTg7Zs8 for now",
            "FwoGZXIvYXdzEJr1KXqV9wLh3TTg7Zs8",
        ),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.SflKxwRJSMeKKF2QT4", "eyJhbGciOiJIUzI1NiJ9"),
        ("api_key: sk1234abcd", "sk1234abcd"),
        ("admin_password=hunter2", "hunter2"),
        ("service.password=hunter2", "hunter2"),
        ("password=$Hunter2", "Hunter2"),
        ("password=%Hunter2", "Hunter2"),
        ("password=/Hunter2", "Hunter2"),
        ("admin.secret.key=abc123def", "abc123def"),
        ("jdbc:oracle:thin:scott/hunter2@//h:1521/x", "hunter2"),
        ("spark.ssl.keyPassword  hunter", "hunter"),
        ("spark.ssl.keyPassword hunter2", "hunter2"),
        ("PWD={hunter2};password={hunter3}", "hunter3"),
        ("AccountName=a;AccountKey=ab1==;EndpointSuffix=x", "ab1=="),
        ("the password is hunter2", "hunter2"),
        ("login as etl (password hunter2) failed", "hunter2"),
        ("mysql -u etl -phunter2 sales", "hunter2"),
        ("q=password%3Dhunter2", "hunter2"),
        ("the password is p4ss%2799hunter2", "hunter2"),
        ("Password=[hunter2]", "hunter2"),
        ("password=b'hunter2'", "hunter2"),
        ("fs.s3a.secret.key -> abc123def", "abc123def"),
        ("Password: hunter two", "two"),
        ("\"password\": \"hunter's two\"", "s two"),
        ("password=\"a\\\"b hunter2\"", "hunter2"),
        ("\\\"password\\\":\\\"a\\\\\\\"b hunter2\\\"", "hunter2"),
        ("password=Pa,ss;w)ord&hunter2", "hunter2"),
        ("password='cut in the mid", "mid"),
        ("url postgres://etl:cut0ff", "cut0ff"),
        ("token ghp_cut0ff", "cut0ff"),
        ("password:\n  \"hunter2\"", "hunter2"),
        ("password = \"\"\"\nhunter2\n\"\"\"", "hunter2"),
        ("Cookie: a=b; session=hunter2", "hunter2"),
        ("secret=correcthorse", "correcthorse"),
        ("client_secret: \"correcthorse\"", "correcthorse"),
        ("client_secret=my_app_client_secret", "my_app_client_secret"),
        ("secret_key=super_secret_for_prod", "super_secret_for_prod"),
        ("secret_key: super_secret_for_prod", "super_secret_for_prod"),
        ("password = prod_db_password", "prod_db_password"),
        ("login with password as \"Pa55 phrase x\"", "phrase"),
        ("export password=\\\n   Mult1L1nePw", "Mult1L1nePw"),
        ("run('password=\\   Mult1L1nePw')", "Mult1L1nePw"),
        ("{\"m\": \"password=\\\\\\n   Mult1L1nePw\"}", "Mult1L1nePw"),
        ("AIRFLOW__CORE__FERNET_KEY=ZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg=", "60GrrY167"),
        ("FERNET_KEY=cryptography_not_found_storing_passwords2", "storing_passwords2"),
        ("the fernet key is ZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg=", "60GrrY167"),
        ("cannot use ZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg= here", "60GrrY167"),
        ("x=ZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg", "60GrrY167"),
        ("my.opaque=8f3Kd92LmQpZx71VbNtR4wYc6HsJ0aEg5UiO", "LmQpZx71"),
        ("WIDGET_KEY=8f3Kd92LmQpZx71VbNtR", "LmQpZx71"),
    ];
    for (text, secret) in cases {
        let redacted = redact(text);
        assert!(!redacted.contains(secret), "{text} became {redacted}");
        assert!(redacted.contains("[redacted:"), "{text} became {redacted}");
        assert_eq!(redact(&redacted), redacted, "a second time changes nothing");
    }
}

#[test]
fn what_is_no_secret_stays() {
    let lines = [
        "26/11/23 17:25:38 INFO SecurityManager: SecurityManager: authentication disabled; ui acls disabled; users with view permissions: etl groups with view permissions: EMPTY; RPC SSL disabled",
        "commit 88ddbc8a0f1e2d3c4b5a69788796a5b4c3d2e1f0 of main",
        "Query [id = cd02ae24-769f-4245-aa4f-8fdf89088bd5, runId = 78c50a93-8fa6-4857-8ce7-b06155cbb39d] terminated with error",
        "Connected to Spark cluster with app ID app-20261123182823-0000",
        "26/11/23 INFO HadoopDelegationTokenManager: token renewal disabled, credential providers: none",
        "FATAL: password authentication failed for user \"etl_reader\"",
        "org.apache.hadoop.security.token.TokenCache: token service: ha-hdfs:nn1",
        "max_tokens=4096 token_count: 12",
        "[PARSE_SYNTAX_ERROR] Syntax error at or near 'spent': token 'spent' is unexpected",
        "spark.hadoop.fs.s3a.secret.key=*********(redacted)",
        "fs.s3a.aws.credentials.provider=org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "keytab secret file: /etc/security/etl.keytab",
        "com.amazonaws.services.s3.model.AmazonS3Exception: The provided token has expired.",
        "https://spark.apache.org/docs/latest/configuration.html?key=1",
        "password=${DB_PASSWORD} password=$DB_PASSWORD password=%s password={password}",
        "password = os.environ[\"DB_PASSWORD\"]",
        "the password is case-sensitive, (password authentication)",
        "see spark.ssl.keyPassword for the rest",
        "Kind: HDFS_DELEGATION_TOKEN, Service: ha-hdfs:nn1, Ident: (token for etl: HDFS_DELEGATION_TOKEN owner=etl)",
        "df.select(\"user\", \"password\", \"email\")",
        " |-- password: string (nullable = true)",
        "  optional binary password (STRING);",
        "StructField(\"password\", StringType(), True)",
        "def connect(user: str, password: str, token: Optional[str] = None):",
        "conn = connect(user=user, password=db_password, token=self.token)",
        "password = get_secret(\"prod/db\")",
        "password={{ conn.db.password }}",
        "Enter password: ",
        "primary key: order_id, foreign key: customer_id",
        "cannot resolve key 'amount2' among the keys",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "http://driver-svc.spark.svc:4040/jobs?user=a@b.com",
        "spark.ui.port=4040 spark.ui.acls.enable false",
        "at org.apache.spark.sql.catalyst.parser.TokenStream$.next(TokenStream.scala:120)",
        "HashAggregate(keys=[customer_id#12], functions=[sum(amount#15)])",
        "        password=db_password,",
        "self.password = password",
        "fernet = Fernet(key)",
        "select pw as \"x\", password as \"Pass Word\" from t",
        "sha256=ZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg=",
        "\"etag\":\"8f3Kd92LmQpZx71VbNtR4wYc6HsJ0aEg5UiO\"",
        "integrity=\"sha512-8f3Kd92LmQpZx71VbNtR4wYc6HsJ0aEg5UiOwYc6HsJ0aE==\"",
        "publicKey: 8f3Kd92LmQpZx71VbNtR4wYc6HsJ0aEg5UiO",
        "Request ID: 4V1K5TQ9J8ZP0X2M, S3 Extended Request ID: 8f3Kd92LmQpZx71VbNtR4wYc6HsJ0aEg5UiO+Zz1Q2=",
        "commit=88ddbc8a0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "runId=\"78c50a93-8fa6-4857-8ce7-b06155cbb39d\" app: \"application_1700000000000_0001_01_000002\"",
        "class='UTF8StreamJsonParserV2Factory12Implementation3'",
        "dag='BigQueryToGCSOperatorV2_Load2024Q3Data_EU_West1_Prod'",
        "path=/mnt/Data2024/Part3/A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6",
        "\"mapreduce.keytab\":\"/etc/security/keytab/jhs.service.keytab\",\"fs.s3a.threads.max\":\"64\"",
        "task-1234 of stage 7: disk-based sort in container_1700000000000_0001_01_000002",
    ];
    for line in lines {
        assert_eq!(redact(line), line);
    }
}

#[test]
fn placeholders_are_stable_and_pieces_follow_their_line() {
    let redactor = Redactor::built_in();
    let line = redactor.redact("user=etl password=hunter2 for etl:hunter2");
    let again = redact("other password=hunter2");
    let placeholder = again.rsplit('=').next().expect("there is one");
    assert!(line.text.contains(placeholder));
    assert_eq!(redactor.piece(&line, "etl:hunter2"), format!("etl:{placeholder}"));
    assert_eq!(redactor.piece(&line, "etl:hunte"), format!("etl:{placeholder}"));
    assert_eq!(redactor.piece(&line, "nter2 for"), format!("{placeholder} for"));
    assert_eq!(redactor.piece(&line, "unter"), placeholder);
    assert_eq!(redactor.piece(&line, "user=etl"), "user=etl");
}

#[test]
fn an_installation_adds_patterns_and_exceptions() {
    let options = Options {
        emails: true,
        extra: vec![r"badge (?P<secret>\d{6})".to_owned(), "ACME-[0-9]+".to_owned()],
        keep: vec!["changeme".to_owned(), r".*@acme\.example".to_owned()],
    };
    let redactor = Redactor::new(&options).expect("the patterns are right");
    let text = "badge 123456, ACME-77 of jo@home.example and bot@acme.example, password=changeme";
    let redacted = redactor.redact(text).text;
    for gone in ["123456", "ACME-77", "jo@home.example"] {
        assert!(!redacted.contains(gone), "{redacted}");
    }
    assert!(redacted.ends_with("bot@acme.example, password=changeme"), "{redacted}");
    assert_eq!(redact("mail jo@home.example"), "mail jo@home.example");
    let error = Redactor::new(&Options { extra: vec!["(".to_owned()], ..Options::default() });
    assert!(error.expect_err("no pattern").to_string().contains("the pattern \"(\""));
}
