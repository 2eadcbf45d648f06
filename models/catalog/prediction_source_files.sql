-- From which data: of the tables that features and labels are made of, every file that can hold a row of
-- the snapshot day or before. Which rows of a file counted, the features decide by receipt.

with

artifacts as (

    select * from {{ ref('train_churn_models') }}

),

champions as (

    select * from {{ ref('eval_churn_champion') }}

),

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

),

feature_tables as (

    select
        listed.source_name,
        listed.table_name
    from (values {{ landed_tables_behind('feat_customer_snapshots') }}) as listed (source_name, table_name)

),

label_tables as (

    select
        listed.source_name,
        listed.table_name
    from (values {{ landed_tables_behind('label_customer_churn') }}) as listed (source_name, table_name)

),

training_tables as (

    select
        source_name,
        table_name
    from feature_tables
    union distinct
    select
        source_name,
        table_name
    from label_tables

),

uses as (

    select
        artifacts.model_name,
        artifacts.model_version,
        'training' as file_use,
        try_cast(artifacts.entry_text as date) as as_of_date,
        training_tables.source_name,
        training_tables.table_name
    from artifacts
    cross join training_tables
    where
        artifacts.artifact_name = 'training'
        and artifacts.entry_id = 'as_of_date'

    union all

    select
        champions.model_name,
        champions.model_version,
        'scoring' as file_use,
        champions.as_of_date,
        feature_tables.source_name,
        feature_tables.table_name
    from champions
    cross join feature_tables

)

select
    uses.model_name,
    uses.model_version,
    uses.file_use,
    file_manifest.file_key,
    file_manifest.source_name,
    file_manifest.table_name,
    file_manifest.file_name,
    file_manifest.content_sha256,
    uses.as_of_date,
    file_manifest.load_id
from uses
inner join file_manifest
    on
        uses.source_name = file_manifest.source_name
        and uses.table_name = file_manifest.table_name
        -- The day itself too: a device's clock may run ahead of the receipt.
        and coalesce(file_manifest.extract_date, cast(file_manifest.first_event_at as date), uses.as_of_date)
        <= uses.as_of_date
