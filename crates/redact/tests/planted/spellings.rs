//! How secrets are written: `§` stands for the secret in each template.

use super::kinds::{
    aws_secret, encoded, fernet, hex, jwt, key, key_body, opaque, password, shaped, storage_key,
    words,
};
use super::{Chance, Planted};

/// A template and what goes into it.
pub struct Spelling {
    how: &'static str,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    /// A password that may hold these signs.
    Password(&'static str),
    /// Several words in quotes.
    Sentence,
    Key,
    Shaped,
    Jwt,
    AwsSecret,
    StorageKey,
    Hex(usize),
    Fernet,
    Opaque,
    Words,
    Encoded,
    PrivateKey,
}

impl Spelling {
    pub fn plant(&self, chance: &mut Chance) -> Planted {
        let secret = match self.what {
            What::Password(signs) => password(chance, signs),
            What::Sentence => format!("correct horse {} battery", password(chance, "!?")),
            What::Key => key(chance),
            What::Shaped => shaped(chance),
            What::Jwt => jwt(chance),
            What::AwsSecret => aws_secret(chance),
            What::StorageKey => storage_key(chance),
            What::Hex(n) => hex(chance, n),
            What::Fernet => fernet(chance),
            What::Opaque => opaque(chance),
            What::Words => words(chance),
            What::Encoded => encoded(&format!("x{}", password(chance, "!$&/+="))),
            What::PrivateKey => {
                let body = key_body(chance);
                let join = if self.how.contains("\\n") { "\\n" } else { "\n" };
                let text = self.how.replace('§', &body.join(join));
                return Planted { secrets: body, text, how: self.how };
            }
        };
        let text = self.how.replace('§', &secret);
        Planted { secrets: vec![secret], text, how: self.how }
    }
}

/// Every spelling, those that differ most from each other first.
pub fn all() -> Vec<Spelling> {
    let groups: [(What, &[&'static str]); 15] = [
        (What::Password("!$%^*+#?_-."), BARE),
        (What::Password("!$%^*+#?_-.,;&:()[]{} "), QUOTED),
        (What::Sentence, SENTENCES),
        (What::Password("!$^*+_-."), URLS),
        (What::Encoded, ENCODED),
        (What::Key, KEYS),
        (What::Shaped, SHAPED),
        (
            What::Jwt,
            &[
                "Authorization: Bearer §",
                "\"authorization\":\"Bearer §\"",
                "Cookie: id_token=§; Path=/",
            ],
        ),
        (What::AwsSecret, AWS),
        (What::StorageKey, AZURE),
        (What::Hex(64), HEX),
        (What::PrivateKey, PRIVATE),
        (What::Fernet, FERNET),
        (What::Opaque, OPAQUE),
        (What::Words, WORDS),
    ];
    let of = |(what, list): (What, &[&'static str])| {
        list.iter().map(move |how| Spelling { how, what }).collect::<Vec<_>>()
    };
    groups.into_iter().flat_map(of).collect()
}

const BARE: &[&str] = &[
    "connecting with password=§ now",
    "DB_PASSWORD=§",
    "export PGPASSWORD=§",
    "26/11/23 10:00:00 INFO Job: {user=etl, password=§, url=db}",
    "spark.ssl.keyPassword=§",
    "spark.ssl.keyStorePassword §",
    "spark.hadoop.javax.jdo.option.ConnectionPassword\t§",
    "javax.net.ssl.trustStorePassword -> §",
    "password: §",
    "  db_password: §",
    "--password §",
    "spark-submit --conf spark.app.password=§ job.py",
    "sqoop import --password=§ --table t",
    "mysql -h db -u etl -p§ sales",
    "sshpass -p § ssh host",
    "PGPASSWORD=§ psql -h db",
    "curl -u etl:§ https://api.internal/v1",
    "docker run -e MYSQL_ROOT_PASSWORD=§ mysql:8",
    "<password>§</password>",
    "<property><name>hive.metastore.password</name><value>§</value></property>",
    "login as etl (password §1a) failed",
    "the password is §1a",
    "machine db.internal login etl password=§",
    "- name: DB_PASSWORD\n  value: x§1a",
    "keytab.password = §",
    "redis-cli -h cache -a § ping",
    "beeline -u jdbc:hive2://h:10000 -n etl -p § -e q",
];

const QUOTED: &[&str] = &[
    "{\"user\": \"etl\", \"password\": \"§\"}",
    "{\"user\":\"etl\",\"password\":\"§\",\"port\":1}",
    "password = '§'",
    "connect(url, user=\"etl\", password=\"§\")",
    "payload {\\\"user\\\":\\\"etl\\\",\\\"password\\\":\\\"§\\\"}",
    "event {\\\\\\\"password\\\\\\\":\\\\\\\"§\\\\\\\",\\\\\\\"n\\\\\\\":1}",
    ".option(\"password\", \"§\")",
    ".config('spark.hadoop.db.password', '§')",
    "[\"spark.hive.password\",\"§\"]",
    "conf.set(\"javax.jdo.option.ConnectionPassword\", \"§\")",
    "os.environ[\"DB_PASSWORD\"] = \"§\"",
    "properties = {'user': 'etl', 'password': b'§'}",
    "PASSWORD: str = \"§\"",
    "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"etl\" password=\"§\";",
    "\"kafka.sasl.jaas.config\":\"ScramLoginModule required username=\\\"etl\\\" password=\\\"§\\\";\"",
    "<entry key=\"password\">x§1</entry>",
    "{\"name\":\"DB_PASSWORD\",\"value\":\"§\"}",
    "password = \"\"\"§\"\"\"",
    "ALTER USER etl IDENTIFIED BY '§1'",
    "passphrase: \"§\"",
    "val password = \"§\"",
    "password => '§'",
    "&quot;password&quot;:&quot;§1&quot;",
];

const SENTENCES: &[&str] = &[
    "{\"password\": \"§\"}",
    "password='§'",
    "payload {\\\"passphrase\\\":\\\"§\\\"}",
    "db.password: \"§\"",
];

const URLS: &[&str] = &[
    "jdbc:postgresql://db:5432/x?user=etl&password=§&ssl=true",
    "jdbc:mysql://db:3306/x?user=etl&password=§",
    "jdbc:mysql://etl:§@db:3306/x",
    "jdbc:sqlserver://h:1433;databaseName=x;user=etl;password=§;encrypt=true",
    "jdbc:redshift://c.eu.redshift.amazonaws.com:5439/dev?UID=etl&PWD=§",
    "jdbc:snowflake://acc.snowflakecomputing.com/?user=etl&password=§&db=x",
    "jdbc:oracle:thin:scott/§@//h:1521/x",
    "jdbc:oracle:thin:scott/§@h:1521:x",
    "postgresql://etl:§@db:5432/x",
    "postgresql+psycopg2://etl:§@db/x",
    "snowflake://etl:§@acc/db/schema?warehouse=w",
    "mongodb+srv://etl:§@cluster0.mongodb.net/x",
    "redis://:§@cache:6379/0",
    "amqp://etl:§@mq:5672/v",
    "https://etl:§@nexus.internal/repository/x.jar",
    "Driver={ODBC Driver 18};Server=h;Uid=etl;Pwd=§;",
    "host=db port=5432 user=etl password=§ dbname=x",
];

const ENCODED: &[&str] = &[
    "postgresql://etl:§@db:5432/x",
    "q=user%3Detl%26password%3D§%26ssl%3Dtrue",
    "jdbc:postgresql://db/x?password=§&user=etl",
    "body=%7B%22password%22%3A%22x§%22%7D",
];

const KEYS: &[&str] = &[
    "api_key: §",
    "X-Api-Key: §",
    "\"apiKey\":\"§\"",
    "client_secret=§&grant_type=client_credentials",
    "\"client_secret\": \"§\"",
    "fs.azure.account.oauth2.client.secret=§",
    "spark.authenticate.secret=§",
    "spark.hadoop.fs.s3a.session.token  §",
    "access_token=§",
    "{\"refresh_token\": \"§\", \"expires_in\": 3599}",
    "Authorization: Bearer §",
    "Proxy-Authorization: Basic §",
    "headers={'Authorization': 'token §'}",
    "Set-Cookie: SESSION=§; HttpOnly",
    "PRIVATE-TOKEN: §",
    "X-Vault-Token: §",
    "//registry.npmjs.org/:_authToken=§",
    "the session token was §",
    "got credential for s3: § (refreshed)",
    "TOKEN=§",
    "--api-key §",
    "--token=§",
    "signing_key = '§'",
    "encryption.key=§",
    "DATADOG_API_KEY=§",
    "https://hooks.slack.com/services/T0000/B0000/§",
    "https://discord.com/api/webhooks/1234567890/§",
    "https://corp.webhook.office.com/webhookb2/§@tenant/IncomingWebhook/x",
    "https://fn.azurewebsites.net/api/run?code=§",
    "https://maps.example.com/v1?key=§&q=1",
    "SharedAccessKeyName=root;SharedAccessKey=§;EntityPath=x",
    "https://§@github.com/org/repo.git",
    "secret: |\n  §",
    "client_secret:\n    \"§\"",
    "sasl.oauthbearer.client.secret=§",
];

const SHAPED: &[&str] = &[
    "using § for the upload",
    "got '§' from the vault",
    "x=§",
    "{\"v\": \"§\"}",
    "{\\\"v\\\":\\\"§\\\"}",
    "# §",
    "(§)",
    "[\"a\",\"§\"]",
    "https://api.internal/v1/x?t=§",
    "https://x-access-token:§@github.com/org/repo.git",
    "ValueError: invalid literal: '§'",
    "echo §",
];

const AWS: &[&str] = &[
    "AWS_SECRET_ACCESS_KEY=§",
    "spark.hadoop.fs.s3a.secret.key=§",
    "spark.hadoop.fs.s3a.bucket.b.secret.key §",
    "[\"spark.hadoop.fs.s3a.secret.key\",\"§\"]",
    "aws_secret_access_key = §",
    "'fs.s3a.secret.key': '§'",
    "<name>fs.s3a.secret.key</name><value>§</value>",
    "hadoopConfiguration.set(\"fs.s3a.secret.key\", \"§\")",
    "aws configure gave § for eu",
];

const AZURE: &[&str] = &[
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=§;EndpointSuffix=core.windows.net",
    "fs.azure.account.key.a.dfs.core.windows.net=§",
    "spark.hadoop.fs.azure.account.key.a.blob.core.windows.net §",
    "account key § rejected",
];

const HEX: &[&str] = &[
    "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=§",
    "https://storage.googleapis.com/b/o?X-Goog-Expires=1&X-Goog-Signature=§&x=1",
    "Authorization: AWS4-HMAC-SHA256 Credential=x/20261123/eu/s3/aws4_request, Signature=§",
    "https://a.blob.core.windows.net/c?sv=1&sp=r&sig=§&se=2",
    "SharedAccessSignature=sv=2022-11-02&ss=b&sig=§",
    "\"private_key_id\": \"§\"",
    "secret_key=§",
    "--access-token §",
];

const PRIVATE: &[&str] = &[
    "-----BEGIN RSA PRIVATE KEY-----\n§\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n§\n-----END OPENSSH PRIVATE KEY-----",
    "{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n§\\n-----END PRIVATE KEY-----\\n\"}",
    "key = '''-----BEGIN EC PRIVATE KEY-----\n§\n-----END EC PRIVATE KEY-----'''",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: x\n\n§\n-----END PGP PRIVATE KEY BLOCK-----",
    "[\"spark.k\",\"-----BEGIN PRIVATE KEY-----\\n§\\n-----END PRIVATE KEY-----\"]",
];

const FERNET: &[&str] = &[
    "AIRFLOW__CORE__FERNET_KEY=§",
    "fernet=§",
    "fernet_key: §",
    "the fernet key is §",
    "cannot decrypt with § any more",
    "('§',)",
    "{\"k\": \"§\"}",
];

const OPAQUE: &[&str] = &[
    "x=§",
    "my.opaque=§",
    "my.opaque: §",
    "{\"v\":\"§\"}",
    "{\\\"v\\\":\\\"§\\\"}",
    "connect('§')",
    "<value>§</value>",
    "WIDGET_KEY=§",
    "\"widgetKey\": \"§\"",
];

const WORDS: &[&str] = &[
    "client_secret=§",
    "secret_key=§",
    "secret_key: §",
    "password=§",
    "db.password = §",
    "connect with password as \"§\"",
    "export DB_PASSWORD=\\\n    x§1",
    "fernet_key=§",
];
